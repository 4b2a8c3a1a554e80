/* Addresses at odd places: of data, functions, an IFUNC, thread-local data; and across the end of a page. */
#include <stdio.h>

int choose_packed(int);
extern int packed_value;
static int plain(int number) { return number + 1; }

struct __attribute__((packed)) entry {
  char mark;
  int (*function)(int);
  int *value;
};

struct entry table[] = {{'p', plain, &packed_value}, {'i', choose_packed, &packed_value}};
struct __attribute__((packed, aligned(4096))) {
  char filler[4090];
  int (*across)(int);
  char end;
} torn = {"torn", choose_packed, 'e'};

int main(void) {
  for (unsigned i = 0; i < 2; i++)
    printf("%c: %d %d\n", table[i].mark, table[i].function(20), ++*table[i].value);
  printf("%s %d %c\n", torn.filler, torn.across(3), torn.end);
  return 0;
}
