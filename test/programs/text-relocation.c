/* Built with text relocations: the linker writes into the code and makes it read-only again. */
#include <stdio.h>

int number = 5;

int main(void) {
  int *address;
  __asm__("movabs $number, %0" : "=r"(address));
  printf("number %d, address %d\n", *address, address == &number);
  return 0;
}
