/* vfork and exec: of another program, and of this one by argv[0] and by /proc/self/exe. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(const char *file, char *const argv[]) {
  pid_t pid = vfork();
  if (pid == 0) {
    execvp(file, argv);
    _exit(127);
  }
  int status;
  waitpid(pid, &status, 0);
  return WEXITSTATUS(status);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IONBF, 0);
  if (argc == 2) {
    printf("again as %s\n", argv[1]);
    return 5;
  }
  printf("status %d\n", run("sh", (char *[]){"sh", "-c", "echo from sh; exit 3", NULL}));
  printf("status %d\n", run(argv[0], (char *[]){argv[0], "argv[0]", NULL}));
  printf("status %d\n", run("/proc/self/exe", (char *[]){argv[0], "/proc/self/exe", NULL}));
  printf("status %d\n", run("/no/such/program", (char *[]){"none", NULL}));
  return 0;
}
