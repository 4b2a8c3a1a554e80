/* Thread-local variables of every access model, in the program, in libraries and in a plug-in opened later. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

int count_initial(void), count_global(void), count_local(void), *address_local(void);
extern _Thread_local int shared_counter;
extern _Thread_local char text[32];

static _Thread_local int own = 1;
static int (*count_late)(void);

static void *work(void *name) {
  own += 100;
  count_initial();
  count_global();
  count_local();
  int late = count_late ? count_late() : -1;
  printf("%s: own %d, initial %d, global %d (%d), local %d, late %d, text '%s'\n", (char *)name, own, count_initial(),
         count_global(), shared_counter, count_local(), late, text);
  return address_local();
}

int main(int argc, char **argv) {
  void *one, *two;
  pthread_t thread;
  if (argc != 2) return 2;
  pthread_create(&thread, NULL, work, "before");
  pthread_join(thread, NULL);
  void *plugin = dlopen(argv[1], RTLD_LAZY);
  if (!plugin) return puts(dlerror()), 1;
  count_late = (int (*)(void))dlsym(plugin, "count_late");
  one = work("main");
  pthread_create(&thread, NULL, work, "after");
  pthread_join(thread, &two);
  printf("addresses differ: %d\n", one != two);
  printf("dlsym of a TLS symbol is this thread's: %d\n", *(int *)dlsym(plugin, "late"));
  return 0;
}
