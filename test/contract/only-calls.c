/* only-calls ACTION NUMBER... -- PROGRAM...: executes a program under a filter of system calls; ACTION: kill, EPERM, ENOSYS. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static unsigned action_of(const char *name) {
  if (strcmp(name, "kill") == 0) return SECCOMP_RET_KILL_PROCESS;
  return SECCOMP_RET_ERRNO | (strcmp(name, "EPERM") == 0 ? EPERM : ENOSYS);
}

int main(int argc, char **argv) {
  struct sock_filter code[256];
  unsigned short length = 0;
  int i = 2;
  code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
    code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(argv[i]), 0, 1);
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action_of(argv[1]));
  struct sock_fprog program = {length, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 77;
  execv(argv[i + 1], argv + i + 1);
  return 78;
}
