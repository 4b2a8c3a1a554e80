static _Thread_local int first __attribute__((tls_model("local-dynamic"))) = 30;
static _Thread_local int second __attribute__((tls_model("local-dynamic")));

int count_local(void) { return ++first + --second; }
int *address_local(void) { return &second; }
