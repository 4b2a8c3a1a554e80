/* What a process finds of its exe link, its rights, its user namespace, whether it may be looked at, and whether it has children. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void say_link(const char *path) {
  char text[4096];
  long length = readlink(path, text, sizeof text - 1);
  text[length < 0 ? 0 : length] = 0;
  printf("%s: %s\n", path, text);
}

int main(void) {
  char line[256];
  FILE *status = fopen("/proc/self/status", "r");
  say_link("/proc/self/exe");
  say_link("/proc/self/ns/user");
  while (fgets(line, sizeof line, status))
    if (strncmp(line, "Cap", 3) == 0 || strncmp(line, "Uid", 3) == 0 || strncmp(line, "Gid", 3) == 0) fputs(line, stdout);
  printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
  printf("children %s\n", waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD ? "none" : "some");
  return 0;
}
