/* Zero memory behind the file's data: the rest of the last file page, and pages that no file has. */
#include <stdio.h>
#include <string.h>

static char data[] = "data";
static char small[100];
static char large[64 << 20];
static char aligned[4096] __attribute__((aligned(1 << 16)));

static int is_zero(const char *bytes, unsigned long length) {
  return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

int main(void) {
  printf("small %d, large %d\n", is_zero(small, sizeof small), is_zero(large, 1 << 20) && large[sizeof large - 1] == 0);
  memset(large + (32 << 20), 1, 1 << 16);
  large[sizeof large - 1] = 2;
  printf("written %d %d, aligned %d, %s\n", large[32 << 20], large[sizeof large - 1],
         (unsigned long)aligned % (1 << 16) == 0 && is_zero(aligned, sizeof aligned), data);
  return 0;
}
