static _Thread_local int counter __attribute__((tls_model("initial-exec"))) = 10;

int count_initial(void) { return ++counter; }
