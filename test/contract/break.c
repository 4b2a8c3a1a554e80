/* Where the break is, whether the heap grows from there, and whether the kernel says the same. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned long kernel_break(void) {
  unsigned long value = 0;
  char text[4096];
  FILE *file = fopen("/proc/self/stat", "r");
  size_t length = fread(text, 1, sizeof text - 1, file);
  text[length] = 0;
  /* proc(5): start_brk is field 47; the name, field 2, may have spaces. */
  char *at = strrchr(text, ')');
  for (int field = 2; field < 47; field++) at = strchr(at + 1, ' ');
  sscanf(at, "%lu", &value);
  fclose(file);
  return value;
}

int main(void) {
  char *start = sbrk(0);
  char *grown = sbrk(1 << 20);
  int grows = grown == start;
  if (grows) memset(start, 1, 1 << 20);
  printf("%lu %d %d\n", (unsigned long)start, grows, kernel_break() == (unsigned long)start);
  return 0;
}
