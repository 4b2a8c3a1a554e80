/* Functions that libc takes from the kernel's vdso, whose address differs from process to process. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

int main(void) {
  struct timespec one, two;
  struct timeval day;
  clock_gettime(CLOCK_MONOTONIC, &one);
  clock_gettime(CLOCK_MONOTONIC, &two);
  printf("monotonic %d\n", two.tv_sec > one.tv_sec || (two.tv_sec == one.tv_sec && two.tv_nsec >= one.tv_nsec));
  time_t now = time(NULL);
  gettimeofday(&day, NULL);
  printf("one time %d\n", day.tv_sec - now >= 0 && day.tv_sec - now < 5);
  clock_getres(CLOCK_REALTIME, &one);
  printf("resolution %ld\n", one.tv_nsec);
  printf("getcpu %d, clock %d\n", sched_getcpu() >= 0, clock() >= 0);
  return 0;
}
