/* Linked with -Bsymbolic: references inside the library stay inside. */
int symbolic(void) { return 1; }
int call_symbolic(void) { return symbolic(); }
