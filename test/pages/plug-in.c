/* A table over several pages that the linker relocates, data that the module writes when it is used, and a call through a slot. */
#include <stdlib.h>

enum { entries = 2048 };
static int self;
#define EIGHT(x) x, x, x, x, x, x, x, x
void *table[entries] = {EIGHT(EIGHT(EIGHT(&self)))};
long data[1024] = {1};
static long zeros[1024];

void use(void);
void use(void) {
  data[512] = (long)abs(-1);
  zeros[1] = 2;
  self = 1;
}
