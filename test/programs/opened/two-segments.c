/* Writable data in two segments, far from each other. */
#include "see.h"

static int own = 42;
static int *near_table[] = {&own, &own};
__attribute__((section(".far"))) int *far_table[] = {&own, &own, (int *)near_table};

int answer(void), report(void);
int answer(void) { return *far_table[1]; }

int report(void) {
  printf("near %d, far %d\n", ++*near_table[0], ++*far_table[0]);
  see("near", near_table), see("far", far_table[2]);
  return 0;
}
