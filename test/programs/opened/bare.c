/* Without the C library: no relocations at all. */
static int calls;

int answer(void), report(void);
int answer(void) { return 42; }
int report(void) { return ++calls; }
