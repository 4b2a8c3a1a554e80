/* Variables of which the host has a copy: the plug-in must see that one. */
#include "see.h"

extern char **environ;
extern int counted;
static int *const pointer_to_counted = &counted;
static FILE **const pointer_to_stdout = &stdout;

int report(void);
int report(void) {
  counted += 10;
  fprintf(*pointer_to_stdout, "counted %d, environment %d\n", *pointer_to_counted, environ != NULL && *environ != NULL);
  see("counted", pointer_to_counted), see("stdout", pointer_to_stdout), see("environ", &environ);
  return 0;
}
