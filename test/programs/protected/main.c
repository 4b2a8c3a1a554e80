/* The program replaces a library's symbols; protected ones, and those of a -Bsymbolic library, stay the library's own. */
#include <stdio.h>

int kept(void) { return 2; }
int replaced(void) { return 2; }
int symbolic(void) { return 2; }
int kept_number = 2, replaced_number = 2;
int call_kept(void), call_replaced(void), call_symbolic(void), read_kept(void), read_replaced(void);

int main(void) {
  printf("calls: kept %d, replaced %d, symbolic %d\n", call_kept(), call_replaced(), call_symbolic());
  printf("numbers: kept %d, replaced %d\n", read_kept(), read_replaced());
  printf("own: %d %d %d\n", kept(), replaced(), symbolic());
  return 0;
}
