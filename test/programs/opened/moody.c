/* Uses an IFUNC of the host's library, whose choice depends on when it is asked. */
#include "see.h"

int choose_by_mood(void), plain_answer(void);
extern int asked;
static int (*const volatile pointer)(void) = choose_by_mood;
static int (*const volatile plain_pointer)(void) = plain_answer;

int report(void);
int report(void) {
  printf("by pointer %d", pointer());
  printf(", by call %d, asked %d, plain %d %d\n", choose_by_mood(), asked, plain_pointer(), plain_answer());
  see("plain", (const void *)plain_pointer);
  return 0;
}
