/* posix_spawn with file actions, system, popen. */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void read_all(int from) {
  char text[200];
  ssize_t length;
  while ((length = read(from, text, sizeof text)) > 0) printf("read: %.*s", (int)length, text);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  int ends[2];
  if (pipe(ends) != 0) return 1;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  pid_t pid;
  char *argv[] = {"sh", "-c", "echo $GREETING; exit 9", NULL};
  setenv("GREETING", "hello from the child", 1);
  int failure = posix_spawnp(&pid, "sh", &actions, NULL, argv, environ);
  close(ends[1]);
  read_all(ends[0]);
  int status;
  waitpid(pid, &status, 0);
  printf("spawn %d, status %d\n", failure, WEXITSTATUS(status));
  printf("no such program: %d\n", posix_spawn(&pid, "/no/such/program", NULL, NULL, argv, environ));
  printf("system: %d\n", WEXITSTATUS(system("echo from system; exit 4")));
  FILE *stream = popen("echo from popen", "r");
  read_all(fileno(stream));
  printf("popen: %d\n", WEXITSTATUS(pclose(stream)));
  return 0;
}
