#include <stdio.h>
#include <stdlib.h>

void in_main(void);
typedef void (*function)(void);

void in_library(void) { puts("in the library"); }

/* Taken by relocation, and by code. */
function constants[] = {in_library, in_main, (function)puts, (function)malloc};
function by_code(int which) {
  switch (which) {
    case 0: return in_library;
    case 1: return in_main;
    case 2: return (function)puts;
    default: return (function)malloc;
  }
}
