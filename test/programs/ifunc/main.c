/* IFUNC: in a library, in the program, by call, by pointer, in constant tables. */
#include <stdio.h>
#include <string.h>

int choose_library(int), same_in_library(int (*)(int)), call_hidden(int);

static int own_implementation(int number) { return number * 10; }
static int (*resolve_own(void))(int) { return own_implementation; }
int choose_own(int) __attribute__((ifunc("resolve_own")));

static int (*const table[])(int) = {choose_library, choose_own};
static size_t (*const length)(const char *) = strlen;
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;

int main(void) {
  printf("calls: %d %d %d\n", choose_library(1), choose_own(1), call_hidden(1));
  printf("pointers: %d %d\n", table[0](2), table[1](2));
  printf("one address: %d %d\n", same_in_library(choose_library), table[1] == choose_own);
  char text[16];
  copy(text, "fourteen chars", 15);
  printf("libc's: %zu %s\n", length(text), text);
  return 0;
}
