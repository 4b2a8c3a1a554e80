/* Large thread-local memory of the program and of a library, with large alignment. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

int check_library(char mark);
static _Thread_local char block[1 << 20] __attribute__((aligned(4096))) = "start";
static _Thread_local char zero[1 << 18];

static void *work(void *name) {
  printf("%s: '%s', aligned %d, zero %d, library %d\n", (char *)name, block, (unsigned long)block % 4096 == 0,
         memchr(zero, 1, sizeof zero) == NULL, check_library(1));
  memset(block, 1, sizeof block);
  memset(zero, 1, sizeof zero);
  return NULL;
}

int main(void) {
  pthread_t thread;
  work("main");
  pthread_create(&thread, NULL, work, "thread");
  pthread_join(thread, NULL);
  return 0;
}
