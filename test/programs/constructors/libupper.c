#include <stdio.h>

int base(void);

__attribute__((constructor(200))) static void second(void) { puts("upper: priority 200"); }
__attribute__((constructor(101))) static void first(void) { puts("upper: priority 101"); }
__attribute__((constructor)) static void last(void) { printf("upper: opened, base %d\n", base()); }
__attribute__((destructor)) static void closed(void) { puts("upper: closed"); }

void _init_upper(void) { puts("upper: DT_INIT"); }
int upper(void) { return base() + 1; }
