#include <stdlib.h>

typedef int (*function)(int);
int defined_in_one(int x);

int defined_in_other(int x) { return defined_in_one(x) + 100; }
int other_calls(function f, int x) { return f(x) - defined_in_one(x); }

static const function table[] = {defined_in_one, defined_in_other, 0};

function other_takes(int which) { return which == 2 ? abs : table[which]; }
