/* What the C library told the kernel about this thread: robust list, clear_child_tid, rseq. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
/* From glibc 2.35 on. */
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

static void print_robust_mutex(void) {
  pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(mutex, &attributes);
  pid_t pid = fork();
  if (pid == 0) {
    pthread_mutex_lock(mutex);
    _exit(0);
  }
  waitpid(pid, NULL, 0);
  printf("a dead owner is noticed: %d\n", pthread_mutex_lock(mutex) == EOWNERDEAD);
}

static void print_head(void) {
  struct robust_list_head *head;
  size_t length;
  long failure = syscall(SYS_get_robust_list, 0, &head, &length);
  printf("robust list: %ld, set %d, %zu bytes\n", failure, head != NULL, length);
}

static void print_rseq(void) {
#ifdef RSEQ_SIG
  const struct rseq *area = (const struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
  printf("rseq: %u bytes, processor known %d\n", __rseq_size, (int)area->cpu_id >= 0);
#endif
  printf("sched_getcpu: %d\n", sched_getcpu() >= 0);
}

int main(void) {
  print_head();
  print_robust_mutex();
  print_rseq();
  return 0;
}
