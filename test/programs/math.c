/* libm and string functions, which libc chooses by processor (IFUNC). */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right) { return *(const int *)left - *(const int *)right; }

int main(int argc, char **argv) {
  (void)argv;
  double x = argc * 0.5;
  printf("%.17g %.17g %.17g\n", sin(x), pow(x, 2.5), exp(log(x)));
  printf("%.9g %.9g %.17g\n", (double)sinf((float)x), (double)expf((float)x), fma(x, x, 1));
  printf("%g %g %g\n", floor(x + 1.7), rint(2.5), trunc(-x * 3));
  char text[200];
  memset(text, 'a', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  text[150] = 'b';
  printf("%zu %td %td\n", strlen(text), strchr(text, 'b') - text, (char *)memchr(text, 'b', 200) - text);
  memmove(text + 10, text, 180);
  printf("%td %d %d\n", strrchr(text, 'b') - text, strcmp("abc", "abd") < 0, memcmp("xy", "xx", 2) > 0);
  printf("%zu %s\n", strspn("aab", "a"), strstr("needle in a haystack", "hay"));
  int numbers[] = {5, 3, 9, 1};
  qsort(numbers, 4, sizeof *numbers, compare);
  printf("%d %d %d %d\n", numbers[0], numbers[1], numbers[2], numbers[3]);
  return 0;
}
