/* Writes a title over the arguments and the environment, as daemons do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv) {
  char **old = environ;
  int count = 0;
  while (old[count]) count++;
  char *end = count > 0 ? old[count - 1] + strlen(old[count - 1]) : argv[argc - 1] + strlen(argv[argc - 1]);
  int adjacent = 1;
  for (int i = 1; i < argc; i++) adjacent &= argv[i] == argv[i - 1] + strlen(argv[i - 1]) + 1;
  printf("arguments adjacent %d, environment behind them %d\n", adjacent,
         count == 0 || old[0] == argv[argc - 1] + strlen(argv[argc - 1]) + 1);
  environ = calloc((size_t)count + 1, sizeof *environ);
  for (int i = 0; i < count; i++) environ[i] = strdup(old[i]);
  memset(argv[0], 0, (size_t)(end - argv[0]));
  strcpy(argv[0], "title: ready");
  char shown[64] = "";
  FILE *file = fopen("/proc/self/cmdline", "r");
  if (fread(shown, 1, sizeof shown - 1, file) == 0) return 1;
  printf("shown as '%s', GREETING '%s'\n", shown, getenv("GREETING"));
  return 0;
}
