const char *order(void) { return WHO; }
const char *plugged(void) { return WHO; }
