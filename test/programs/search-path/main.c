/* RUNPATH with two folders: the library is in the second, until one appears in the first. */
#include <stdio.h>

const char *order(void);

int main(void) {
  printf("library from %s\n", order());
  return 0;
}
