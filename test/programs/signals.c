/* Signals: an alternate stack, siglongjmp out of SIGSEGV, SA_SIGINFO, an alarm that ends a wait. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

static sigjmp_buf back;
static char alternate[64 * 1024];
static volatile sig_atomic_t on_alternate, signals;
static void *volatile fault_address;

static void on_fault(int number, siginfo_t *information, void *context) {
  (void)number, (void)context;
  char here;
  on_alternate = &here >= alternate && &here < alternate + sizeof alternate;
  fault_address = information->si_addr;
  siglongjmp(back, 1);
}

static void on_signal(int number) { signals += number; }

static int fault_at(volatile char *address) {
  if (sigsetjmp(back, 1) == 0) {
    *address = 1;
    return 0;
  }
  return fault_address == address;
}

int main(void) {
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  sigaltstack(&stack, NULL);
  struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &fault, NULL);
  char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 3; i++) {
    int faulted = fault_at(page + i);
    printf("fault %d, on the alternate stack %d\n", faulted, on_alternate);
  }
  printf("constants are read-only: %d\n", fault_at((char *)(uintptr_t) "constant"));
  struct sigaction plain = {.sa_handler = on_signal};
  sigaction(SIGUSR1, &plain, NULL);
  sigaction(SIGALRM, &plain, NULL);
  raise(SIGUSR1);
  printf("signals %d\n", signals == SIGUSR1);
  struct itimerval soon = {.it_value = {.tv_usec = 1000}};
  /* It comes in sigsuspend alone: before a pause it would be missed, and waited for without an end. */
  sigset_t alarm_only, before, pending;
  sigemptyset(&alarm_only);
  sigaddset(&alarm_only, SIGALRM);
  sigprocmask(SIG_BLOCK, &alarm_only, &before);
  setitimer(ITIMER_REAL, &soon, NULL);
  while (signals != SIGUSR1 + SIGALRM) sigsuspend(&before);
  sigprocmask(SIG_SETMASK, &before, NULL);
  puts("alarm");
  sigprocmask(SIG_BLOCK, NULL, &pending);
  printf("SIGSEGV blocked: %d\n", sigismember(&pending, SIGSEGV));
  return 0;
}
