/* A table of many pointers. */
#include "see.h"

#define TIMES4(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__
#define TIMES16(...) TIMES4(__VA_ARGS__), TIMES4(__VA_ARGS__), TIMES4(__VA_ARGS__), TIMES4(__VA_ARGS__)
#define TIMES256(...) TIMES16(TIMES16(__VA_ARGS__))
#define TIMES4096(...) TIMES256(TIMES16(__VA_ARGS__))

static int own = 42;
static int *const volatile table[] = {TIMES4(TIMES4(TIMES4096(&own)))};

int answer(void), report(void);
int answer(void) { return *table[1]; }

int report(void) {
  unsigned right = 0;
  for (unsigned i = 0; i < sizeof table / sizeof *table; i++) right += *table[i] == 42;
  printf("%u pointers\n", right);
  return 0;
}
