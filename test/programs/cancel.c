/* Cancellation and backtraces: libc opens libgcc_s when it first needs it. */
#include <execinfo.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void cleanup(void *name) { printf("clean-up of %s\n", (char *)name); }

static void *wait_for_ever(void *unused) {
  pthread_cleanup_push(cleanup, "the thread");
  for (;;) pause();
  pthread_cleanup_pop(0);
  return unused;
}

__attribute__((noinline)) static int depth(int levels) {
  void *frames[64];
  return levels == 0 ? backtrace(frames, 64) : depth(levels - 1) + (levels < 0);
}

int main(void) {
  pthread_t thread;
  void *result;
  pthread_create(&thread, NULL, wait_for_ever, NULL);
  pthread_cancel(thread);
  pthread_join(thread, &result);
  printf("cancelled %d\n", result == PTHREAD_CANCELED);
  printf("backtrace %d\n", depth(10) >= 12);
  return 0;
}
