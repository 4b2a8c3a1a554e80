/* Answers each line of its input with sums over pages that it did not touch before, here and in a library. */
#include <stdio.h>
#include <stdlib.h>

long library_sum(int page);

static const long values[] = {1, 2};
#define PAIR &values[0], &values[1]
#define EIGHT PAIR, PAIR, PAIR, PAIR
#define SIXTY_FOUR EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT
#define PAGE                                                                                                 \
  SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR
/* Eight pages of relocated words. */
static const long *const table[] = {PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE};

static long sum(int page) {
  long result = 0;
  for (int index = page * 512; index < (page + 1) * 512; index++) result += *table[index];
  return result;
}

int main(void) {
  char line[100];
  puts("ready");
  fflush(stdout);
  for (int page = 0; page < 8 && fgets(line, sizeof line, stdin); page++) {
    char *copy = malloc(1 << (page + 10));
    snprintf(copy, 1 << (page + 10), "%ld %ld %s", sum(page), library_sum(page), line);
    fputs(copy, stdout);
    fflush(stdout);
    free(copy);
  }
  return 0;
}
