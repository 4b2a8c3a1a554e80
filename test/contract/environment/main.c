/* Says what the linker's variables decide: which libraries are there, what a call finds, how malloc is, and what getenv gives. */
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *order(void);

static void say_plug_in(void) {
  void *library = dlopen("libplug.so", RTLD_NOW);
  const char *(*plugged)(void) = library ? (const char *(*)(void))dlsym(library, "plugged") : 0;
  printf("plug-in from %s\n", plugged ? plugged() : "nowhere");
}

#ifdef __GLIBC__
#define THREADS 6

/* What malloc left there is what is asked. */
static __attribute__((noipa)) int byte_at(const unsigned char *at) { return *at; }

static pthread_barrier_t all_have;

static void *take(void *unused) {
  volatile char *block = malloc(100);
  block[0] = 1;
  pthread_barrier_wait(&all_have);
  pthread_barrier_wait(&all_have);
  free((char *)block);
  return unused;
}

/* Each thread gets an arena of its own, up to the limit. */
static void say_arenas(void) {
  pthread_t threads[THREADS];
  char *text = 0;
  size_t length;
  pthread_barrier_init(&all_have, 0, THREADS + 1);
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], 0, take, 0);
  pthread_barrier_wait(&all_have);
  FILE *stream = open_memstream(&text, &length);
  malloc_info(0, stream);
  fclose(stream);
  pthread_barrier_wait(&all_have);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
  int arenas = 0;
  for (const char *at = text; (at = strstr(at, "<heap nr=")); at++) arenas++;
  printf("%d arenas\n", arenas);
}

static void say_malloc(void) {
  unsigned char *block = malloc(4000);
  printf("malloc gives %02x\n", byte_at(block + 2000));
  say_arenas();
}
#else
static void say_malloc(void) {}
#endif

int main(void) {
  const char *names[] = {"LD_LIBRARY_PATH", "LD_PRELOAD", "LD_BIND_NOW", "GLIBC_TUNABLES", "MALLOC_ARENA_MAX"};
  printf("library from %s\n", order());
  say_plug_in();
  say_malloc();
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    const char *value = getenv(names[i]);
    printf("%s is %s\n", names[i], value ? value : "not set");
  }
  return 0;
}
