/* Its constructor opens a further plug-in, found by its own RUNPATH; its destructor closes it. */
#include "see.h"

static void *inner;
static int (*report_inner)(void);

__attribute__((constructor)) static void opened(void) {
  puts("nested: opens " INNER);
  inner = open_plugin(INNER, RTLD_LAZY | RTLD_LOCAL);
  if (inner) report_inner = (int (*)(void))dlsym(inner, "report");
  if (report_inner) report_inner();
}

__attribute__((destructor)) static void closed(void) {
  if (inner) printf("nested: closes %d\n", dlclose(inner));
}

int report(void);
int report(void) { return report_inner ? report_inner() : -1; }
