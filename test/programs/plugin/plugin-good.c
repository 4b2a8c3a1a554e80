#include <stdio.h>

int host(const char *from);

__attribute__((constructor)) static void opened(void) { puts("good: opened"); }
__attribute__((destructor)) static void closed(void) { puts("good: closed"); }

int work(int number) { return 2 * number + host("good"); }
