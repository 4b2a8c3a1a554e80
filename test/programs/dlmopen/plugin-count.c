#include <stdlib.h>

static int counter;

int count(void) {
  free(malloc(100));
  return ++counter;
}
