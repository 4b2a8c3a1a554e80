/* Threads that open the same plug-ins at once, and each one of its own. */
#include "see.h"
#include <pthread.h>

enum { threads = 8, rounds = 20 };
static char **files;
static int file_count;
static pthread_barrier_t start;

static void *work(void *number) {
  long index = (long)number, right = 0;
  for (int round = 0; round < rounds; round++) {
    pthread_barrier_wait(&start);
    const char *file = files[round % 2 ? 0 : index % file_count];
    void *plugin = dlopen(file, RTLD_LAZY | (round % 3 ? RTLD_LOCAL : RTLD_NOW));
    int (*answer)(void) = plugin ? (int (*)(void))dlsym(plugin, "answer") : NULL;
    right += answer && answer() == 42;
    if (plugin) dlclose(plugin);
  }
  return (void *)right;
}

int main(int argc, char **argv) {
  pthread_t all[threads];
  void *right;
  files = argv + 1, file_count = argc - 1;
  pthread_barrier_init(&start, NULL, threads);
  for (long i = 0; i < threads; i++) pthread_create(&all[i], NULL, work, (void *)i);
  for (int i = 0; i < threads; i++) pthread_join(all[i], &right), printf("thread %d: %ld right\n", i, (long)right);
  for (int i = 0; i < file_count; i++)
    printf("%s is %s\n", base(files[i]), dlopen(files[i], RTLD_LAZY | RTLD_NOLOAD) ? "there" : "gone");
  return 0;
}
