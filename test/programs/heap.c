/* The program break and malloc: the break grows from where the kernel put it. */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char end;
enum { blocks = 200, size = 50000 };

static int check(unsigned char *const block[]) {
  for (int i = 0; i < blocks; i++)
    if (block[i][0] != i || block[i][size - 1] != i) return 0;
  return 1;
}

int main(void) {
  char *before = sbrk(0);
  printf("above the program: %d\n", before >= &end);
  unsigned char *block[blocks];
  for (int i = 0; i < blocks; i++) memset(block[i] = malloc(size), i, size);
  char *after = sbrk(0);
  printf("contents %d, the break grew %d\n", check(block), after - before >= blocks * size / 2);
  for (int i = 0; i < blocks; i++) free(block[i]);
  void *piece = sbrk(8192);
  printf("sbrk went on: %d\n", (char *)sbrk(0) == (char *)piece + 8192);
  char *large = malloc(64 << 20);
  large[63 << 20] = 1;
  large = realloc(large, 128 << 20);
  printf("mmap and mremap: %d, usable %d\n", large[63 << 20], malloc_usable_size(large) >= 128 << 20);
  free(large);
  char *zero = calloc(1000, 1000);
  printf("calloc %d, aligned %d\n", zero[999999], (uintptr_t)aligned_alloc(4096, 8192) % 4096 == 0);
  return 0;
}
