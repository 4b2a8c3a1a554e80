_Thread_local int late = 40;
static _Thread_local int unset[1000];

int count_late(void) { return ++late + unset[999]++; }
