/* The main thread's stack: its size, its limit, what pthread_getattr_np says of it, a deep recursion. */
#define _GNU_SOURCE
#include <alloca.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static long recurse(int depth) {
  volatile char block[4096];
  memset((char *)block, depth & 127, sizeof block);
  return depth == 0 ? block[0] : recurse(depth - 1) + block[100];
}

int main(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_STACK, &limit);
  printf("limit %ld kB\n", limit.rlim_cur == RLIM_INFINITY ? -1L : (long)limit.rlim_cur / 1024);
  printf("recursion %ld\n", recurse(1000));
  char *big = alloca(2 << 20);
  memset(big, 1, 2 << 20);
  printf("alloca %d\n", big[12345]);
  pthread_attr_t attributes;
  void *start;
  size_t size;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &start, &size);
  printf("pthread_getattr_np holds this frame: %d\n", (char *)&limit >= (char *)start && (char *)&limit < (char *)start + size);
#ifdef __GLIBC__
  /* By the limit; musl looks how far the stack has grown. */
  printf("size %zu kB\n", limit.rlim_cur == RLIM_INFINITY ? 0 : (size + 65536) / 1024 / 128 * 128);
#endif
  return 0;
}
