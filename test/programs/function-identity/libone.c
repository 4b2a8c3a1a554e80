#include <stdlib.h>

typedef int (*function)(int);
int defined_in_other(int x) __attribute__((weak));

int defined_in_one(int x) { return 2 * x + 1; }
int one_calls(function f, int x) { return f(x) + defined_in_one(x); }

static const function table[] = {defined_in_one, 0, abs};

/* By code and by relocation; of the other library's, which it is not linked with, by a weak reference. */
function one_takes(int which) { return which == 1 ? defined_in_other : table[which]; }
