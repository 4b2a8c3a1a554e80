#include "counter.hh"

int *left_value() { return &Counter<char>::value; }
int left_next() { return Counter<char>::next(); }
int *left_inline() { return &shared_inline; }
