/* in-group REST COUNT PROGRAM ARGS…: runs PROGRAM as a process group whose number has REST when it is divided by COUNT. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
  int rest = argc > 3 ? atoi(argv[1]) : 0, count = argc > 3 ? atoi(argv[2]) : 0, status;
  if (count <= 0)
    return 2;
  for (;;) {
    pid_t child = fork();
    if (child == 0) {
      if (getpid() % count != rest)
        _exit(0);
      setpgid(0, 0);
      execv(argv[3], argv + 3);
      _exit(126);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
      return 2;
    if (child % count != rest)
      continue;
    if (WIFSIGNALED(status))
      kill(getpid(), WTERMSIG(status));
    return WEXITSTATUS(status);
  }
}
