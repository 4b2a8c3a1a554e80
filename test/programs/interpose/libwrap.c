/* Takes the place of libc's functions and calls them by RTLD_NEXT. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int puts_calls, malloc_calls;

int puts(const char *text) {
  static int (*next)(const char *);
  if (!next) next = (int (*)(const char *))dlsym(RTLD_NEXT, "puts");
  puts_calls++;
  return printf("wrapped: ") < 0 ? -1 : next(text);
}

void *malloc(size_t size) {
  static void *(*next)(size_t);
  if (!next) next = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
  malloc_calls++;
  return next(size);
}
