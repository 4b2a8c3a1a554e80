/*
 * A plug-in by choice of the compiler's options: NAME; DEFINES_ONE, DEFINES_TWO, DEFINES_NUMBER=N; USES_ONE, USES_TWO, USES_NUMBER, or
 * MAYBE_ONE for a weak reference; CALLS_NOBODY. It reports what its references lead to.
 */
#include "see.h"

#ifndef VISIBILITY
#define VISIBILITY "default"
#endif
#define SEEN __attribute__((visibility(VISIBILITY)))

const char *one(void), *two(void);
extern int number;
void nobody(void);

#ifdef DEFINES_ONE
SEEN const char *one(void) { return "one of " NAME; }
#endif
#ifdef DEFINES_TWO
SEEN const char *two(void) { return "two of " NAME; }
#endif
#ifdef DEFINES_NUMBER
SEEN int number = DEFINES_NUMBER;
#endif
#ifdef MAYBE_ONE
#pragma weak one
#endif

#if defined USES_ONE || defined MAYBE_ONE
/* Volatile: what the compiler knows it would take from a GOT slot, and then the call shares that. */
static const char *(*volatile pointer_to_one)(void) = one;
#endif
#ifdef USES_NUMBER
static int *const volatile pointer_to_number = &number;
#endif

#ifndef SILENT
__attribute__((constructor)) static void opened(void) { puts(NAME " opened"); }
__attribute__((destructor)) static void closed(void) { puts(NAME " closed"); }
#endif

int report(void);
int report(void) {
#if defined USES_ONE || defined MAYBE_ONE
  if (pointer_to_one) {
    printf(NAME " calls %s\n", one());
    printf(NAME " calls by pointer %s\n", pointer_to_one());
  }
  see(NAME " sees one", (const void *)pointer_to_one);
#endif
#ifdef USES_TWO
  printf(NAME " calls %s\n", two());
#endif
#ifdef USES_NUMBER
  printf(NAME " has number %d\n", ++number);
  see(NAME " sees number", pointer_to_number);
#endif
#ifdef CALLS_NOBODY
  if (getenv("CALL_NOBODY")) nobody();
#endif
  return 0;
}
