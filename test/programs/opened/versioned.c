/* Two versions of one function. */
#include "see.h"

int old_answer(void), new_answer(void);
int old_answer(void) { return 1; }
int new_answer(void) { return 2; }
__asm__(".symver old_answer, versioned_answer@ONE\n.symver new_answer, versioned_answer@@TWO");
