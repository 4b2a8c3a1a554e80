const char *order(void) { return WHO; }
