/* Executes a program with one more entry in its environment, whatever is there: twice VARIABLE PROGRAM. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv, char **envp) {
  int count = 0;
  while (envp[count]) count++;
  char **all = calloc(count + 2, sizeof *all);
  for (int i = 0; i < count; i++) all[i] = envp[i];
  all[count] = argv[1];
  if (argc > 2 && all) execve(argv[2], argv + 2, all);
  return 1;
}
