/* Functions of the C library whose IFUNCs choose the kernel's own, or by the processor. */
#include "see.h"
#include <sys/time.h>
#include <time.h>

static time_t (*const volatile time_pointer)(time_t *) = time;
static int (*const volatile day_pointer)(struct timeval *, void *) = (int (*)(struct timeval *, void *))gettimeofday;
static void *(*const volatile copy)(void *, const void *, size_t) = memcpy;
static size_t (*const volatile length)(const char *) = strlen;

int report(void);
int report(void) {
  struct timeval now = {0, 0}, then = {0, 0};
  char text[8];
  gettimeofday(&now, NULL), day_pointer(&then, NULL);
  printf("time %d %d %d\n", time_pointer(NULL) >= now.tv_sec, time(NULL) >= then.tv_sec, then.tv_sec >= now.tv_sec);
  copy(text, "copied", 7);
  see("memcpy", (const void *)copy), see("strlen", (const void *)length), see("gettimeofday", (const void *)day_pointer);
  printf("%s, %zu\n", text, length(text));
  return 0;
}
