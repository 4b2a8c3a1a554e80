/* A library of the host whose IFUNC chooses by what the program did before, and counts how often it was asked. */
int mood, asked;

static int early(void) { return 1; }
static int late(void) { return 2; }

static int (*by_mood(void))(void) {
  asked++;
  return mood == 2 ? late : early;
}
int choose_by_mood(void) __attribute__((ifunc("by_mood")));
int plain_answer(void);
int plain_answer(void) { return 3; }
