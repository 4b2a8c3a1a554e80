/* Thread-local variables: its own, exported, and one of another plug-in; by the model that the options choose. */
#include "see.h"
#include <pthread.h>

#ifdef OWNER
_Thread_local int shared = 11;
#else
extern _Thread_local int shared;
#endif
#ifdef MODEL
#define OWN __attribute__((tls_model(MODEL)))
#else
#define OWN
#endif
static _Thread_local int own OWN = VALUE;
static _Thread_local char text[64] OWN = "set";
static _Thread_local int unset[100] OWN;

static void *work(void *name) {
  own += 1, shared += 10, unset[99]--;
  printf("%s: own %d, shared %d, text %s, unset %d\n", (const char *)name, own, shared, text, unset[99]);
  return NULL;
}

int report(void);
int report(void) {
  pthread_t thread;
  work("here");
  pthread_create(&thread, NULL, work, "in a thread");
  pthread_join(thread, NULL);
  work("here again");
  return 0;
}
