/* A function that no module defines: the program starts, and ends only when it calls it. */
#include <stdio.h>

int partial(void), missing(void);

int main(int argc, char **argv) {
  (void)argv;
  printf("partial %d\n", partial());
  fflush(stdout);
  if (argc > 1) printf("missing %d\n", missing());
  return 0;
}
