/* Resolvers that run at the first call: one chooses by what the program did before, one leaves a trace of itself. */
int mode, resolved;

static int early(void) { return 1; }
static int late(void) { return 2; }

static int (*by_mode(void))(void) { return mode == 2 ? late : early; }
int choose_by_mode(void) __attribute__((ifunc("by_mode")));

static int (*counted(void))(void) {
  resolved++;
  return late;
}
int choose_counted(void) __attribute__((ifunc("counted")));
int call_counted(void) { return choose_counted(); }
