/* A table of pointers over several pages, data and zero memory of which the module writes some pages when it is used, and slots. */
#include <unistd.h>

enum { page = 4096, data_pages = 6, zero_pages = 4 };

static int own;
#define EIGHT(x) x, x, x, x, x, x, x, x
void *volatile table[4 * 512] __attribute__((aligned(page))) = {EIGHT(EIGHT(EIGHT(&own)))};
volatile char data[data_pages][page] __attribute__((aligned(page))) = {{1}};
static volatile char zero[zero_pages][page] __attribute__((aligned(page)));

#ifdef NEEDS
int needed(void);
#else
int needed(void);
int needed(void) { return 0; }
#endif

/*
 * A slot that is left to the first call, for several modules define the function, behind one that is bound; a page of data, two of zero
 * memory, a relocated word.
 */
void use(void);
void use(void) {
  if (getpid() < 0) return;
  data[3][0] = (char)(needed() + 1);
  zero[0][0] = zero[1][0] = 2;
  table[1] = 0;
}
