/* As if it had been linked when V1 was the default. */
__asm__(".symver answer, answer@V1");
int answer(void);

int ask_old(void) { return answer(); }
int (*const old_pointer)(void) = answer;
