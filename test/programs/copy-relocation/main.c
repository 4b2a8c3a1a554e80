/* Copy relocations: variables of a library that live in a program without PIC; libc's as well. */
#include <stdio.h>
#include <unistd.h>

extern int numbers[4], zero, *const pointer;
extern const char *name;
extern char **environ;
void change(int by);
int *address_of_numbers(void);

int main(void) {
  printf("%d %d %d %d, %d, %s, %d\n", numbers[0], numbers[1], numbers[2], numbers[3], zero, name, *pointer);
  change(10);
  printf("%d %d %d %d, %d, %s\n", numbers[0], numbers[1], numbers[2], numbers[3], zero, name);
  printf("one address: %d\n", address_of_numbers() == numbers);
  printf("environ: %d\n", environ != NULL && *environ != NULL);
  fprintf(stderr, "stderr of libc\n");
  fprintf(stdout, "stdout of libc\n");
  return 0;
}
