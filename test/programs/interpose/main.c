/* A library stands before libc in search order: its puts and malloc serve everyone, libc's own calls too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int puts_calls, malloc_calls;

int main(void) {
  puts("hello");
  int before = malloc_calls;
  char *copy = strdup("strdup of libc calls malloc");
  puts(copy);
  free(copy);
  printf("puts %d, malloc by strdup %d\n", puts_calls, malloc_calls > before);
  return 0;
}
