_Thread_local int shared_counter __attribute__((tls_model("global-dynamic"))) = 20;
_Thread_local char text[32] = "in a thread";

int count_global(void) { return ++shared_counter; }
