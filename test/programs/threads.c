/* Threads: creation and joining, a mutex, a condition, thread-local variables, keys with destructors, pthread_once. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { threads = 4, rounds = 10000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_there = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int counter, arrived, destroyed;
static _Thread_local int own = 7;
static _Thread_local int own_zero;

static void destroy(void *value) {
  pthread_mutex_lock(&mutex);
  destroyed += *(int *)value;
  pthread_mutex_unlock(&mutex);
  free(value);
}

static void create_key(void) {
  puts("once");
  pthread_key_create(&key, destroy);
}

static void arrive(void) {
  pthread_mutex_lock(&mutex);
  if (++arrived == threads) pthread_cond_broadcast(&all_there);
  while (arrived < threads) pthread_cond_wait(&all_there, &mutex);
  pthread_mutex_unlock(&mutex);
}

static void *work(void *argument) {
  int number = (int)(long)argument;
  int *value = malloc(sizeof *value);
  *value = number;
  pthread_once(&once, create_key);
  pthread_setspecific(key, value);
  arrive();
  for (int i = 0; i < rounds; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
    own++;
    own_zero--;
  }
  return (void *)(long)(own - 7 == rounds && own_zero == -rounds ? number * number : -1);
}

int main(void) {
  pthread_t thread[threads];
  for (long i = 0; i < threads; i++)
    if (pthread_create(&thread[i], NULL, work, (void *)i) != 0) return 1;
  for (int i = 0; i < threads; i++) {
    void *result;
    pthread_join(thread[i], &result);
    printf("thread %d returned %ld\n", i, (long)result);
  }
  printf("counter %d, destroyed %d, own %d, own_zero %d\n", counter, destroyed, own, own_zero);
  pthread_attr_t attributes;
  size_t size;
  pthread_attr_init(&attributes);
  pthread_attr_getstacksize(&attributes, &size);
  printf("default stack %zu kB\n", size / 1024);
  return 0;
}
