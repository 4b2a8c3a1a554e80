/* Copies its standard input: buffers of stdio, end of file, an error stream without a buffer. */
#include <stdio.h>

int main(void) {
  char line[1000];
  int lines = 0;
  while (fgets(line, sizeof line, stdin)) {
    lines++;
    fputs(line, stdout);
  }
  fprintf(stderr, "%d lines, end of file %d\n", lines, feof(stdin) != 0);
  return ferror(stdin);
}
