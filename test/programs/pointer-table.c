/* Many relative relocations, some apart: what RELR packs. */
#include <stdio.h>

#define TEN(x) x, x, x, x, x, x, x, x, x, x
static int target[3] = {1, 2, 3};
static int *const table[] = {TEN(&target[0]), TEN(&target[1]), TEN(&target[2]), TEN(&target[0]), TEN(&target[1]),
                             TEN(&target[2]), TEN(&target[0]), TEN(&target[1]), TEN(&target[2]), TEN(&target[0])};
static struct {
  char gap[1000];
  int *pointer;
  char other[24];
  const char *text;
} apart[] = {{.pointer = &target[1], .text = "text"}, {.pointer = &target[2], .text = "more"}};

int main(void) {
  int sum = 0;
  for (unsigned i = 0; i < sizeof table / sizeof *table; i++) sum += *table[i];
  printf("sum %d, apart %d %s %d %s\n", sum, *apart[0].pointer, apart[0].text, *apart[1].pointer, apart[1].text);
  return 0;
}
