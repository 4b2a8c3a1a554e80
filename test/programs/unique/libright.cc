#include "counter.hh"

int *right_value() { return &Counter<char>::value; }
int right_next() { return Counter<char>::next(); }
int *right_inline() { return &shared_inline; }
