__attribute__((weak)) int overridden(void) { return 1; }
__attribute__((weak)) void absent(void);
__attribute__((weak)) extern int absent_number;
__attribute__((weak)) int present(void);

int (*const pointer_to_absent)(void) = (int (*)(void))absent;
int library_sees(void) { return (absent != 0) + 2 * (&absent_number != 0) + 4 * (present ? present() : 0); }
int call_overridden(void) { return overridden(); }
