/* fork: private memory of the child, thread ids, pthread_atfork handlers, exit status. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int global = 1;
static _Thread_local int own = 1;

static int prepared, resumed_parent, resumed_child;

static void prepare(void) { prepared++; }
static void in_parent(void) { resumed_parent++; }
static void in_child(void) { resumed_child++; }

static void print_handlers(const char *who) {
  printf("%s: handlers %d %d %d\n", who, prepared, resumed_parent, resumed_child);
}

static int child(pid_t parent) {
  global = own = 2;
  print_handlers("child");
  printf("child: parent %d, main thread %d, variables %d %d\n", getppid() == parent,
         getpid() == (pid_t)syscall(SYS_gettid), global, own);
  char *memory = malloc(1 << 20);
  memory[1 << 19] = 1;
  free(memory);
  exit(42);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  pthread_atfork(prepare, in_parent, in_child);
  pid_t self = getpid();
  pid_t pid = fork();
  if (pid == 0) return child(self);
  int status;
  waitpid(pid, &status, 0);
  print_handlers("parent");
  printf("parent: status %d, variables %d %d\n", WEXITSTATUS(status), global, own);
  return 0;
}
