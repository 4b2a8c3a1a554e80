/* The stack that threads get which ask for none, as the C library says it and as a thread finds it; BLOCK bytes are thread-local. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>

static _Thread_local volatile char block[BLOCK];

static void *measure(void *size) {
  pthread_attr_t own;
  block[0] = 1;
  pthread_getattr_np(pthread_self(), &own);
  pthread_attr_getstacksize(&own, size);
  return NULL;
}

int main(void) {
  pthread_attr_t usual;
  pthread_t thread;
  size_t said, found = 0;
  pthread_getattr_default_np(&usual);
  pthread_attr_getstacksize(&usual, &said);
  if (pthread_create(&thread, NULL, measure, &found) != 0) return 1;
  pthread_join(thread, NULL);
  printf("%zu %zu\n", said, found);
  return 0;
}
