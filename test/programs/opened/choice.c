/* IFUNCs: its own, exported and hidden, and one of the host, by call and by pointer. */
#include "see.h"

static int plain(int value) { return value + 1; }
static int (*resolve(void))(int) { return plain; }
int own_choice(int value) __attribute__((ifunc("resolve")));
__attribute__((visibility("hidden"))) int hidden_choice(int value);
int hidden_choice(int value) __attribute__((ifunc("resolve")));

int host_choice(int value);
static int (*const pointers[])(int) = {own_choice, hidden_choice, host_choice};
static size_t (*const length)(const char *) = strlen;

int report(void);
int report(void) {
  printf("calls %d %d %d\n", own_choice(1), hidden_choice(2), host_choice(3));
  for (int i = 0; i < 3; i++) printf("pointer %d\n", pointers[i](i)), see("leads to", (const void *)pointers[i]);
  printf("length %zu\n", length("four"));
  return 0;
}
