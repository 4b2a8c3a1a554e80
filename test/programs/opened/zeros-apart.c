/* A segment of zeros alone, far from the other one: the file has nothing of it. */
#include "see.h"

static int own = 6;
static int *near_table[] = {&own, &own};
__attribute__((section(".far,\"aw\",@nobits#"))) int far_zeros[5000];

int answer(void), report(void);
int answer(void) { return *near_table[1] + far_zeros[4999]; }

int report(void) {
  far_zeros[4999]++;
  printf("near %d, far %d\n", ++*near_table[0], far_zeros[0] + far_zeros[4999]);
  see("near", near_table), see("far", far_zeros);
  return 0;
}
