/* Stands before the program's own library, and asks that one, too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

const char *order(void) {
  static char text[100];
  const char *(*next)(void) = (const char *(*)(void))dlsym(RTLD_NEXT, "order");
  snprintf(text, sizeof text, "%s, by way of the preload", next());
  return text;
}
