#include <stdio.h>

__attribute__((visibility("protected"))) int kept(void) { return 1; }
int replaced(void) { return 1; }
__attribute__((visibility("protected"))) int kept_number = 1;
int replaced_number = 1;

int call_kept(void) { return kept(); }
int call_replaced(void) { return replaced(); }
int read_kept(void) { return kept_number; }
int read_replaced(void) { return replaced_number; }
