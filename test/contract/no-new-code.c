/* no-new-code PROGRAM…: executes a program that may make no memory executable once it is mapped: systemd.exec(5), MemoryDenyWriteExecute=. */
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/* linux/prctl.h since Linux 6.3 */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

int main(int argc, char **argv) {
  if (argc < 2 || prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0))
    return 77;
  execvp(argv[1], argv + 1);
  return 78;
}
