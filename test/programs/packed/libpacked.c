/* An IFUNC that the program's packed table refers to. */
static int twice(int number) { return number * 2; }
static int (*resolve(void))(int) { return twice; }
int choose_packed(int number) __attribute__((ifunc("resolve")));
int packed_value = 5;
