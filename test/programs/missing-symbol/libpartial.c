int partial(void) { return 1; }
#ifdef COMPLETE
int missing(void) { return 2; }
#endif
