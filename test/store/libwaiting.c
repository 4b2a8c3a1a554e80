/* Eight pages of relocated words. */
static const long values[] = {3, 5};
#define PAIR &values[0], &values[1]
#define EIGHT PAIR, PAIR, PAIR, PAIR
#define SIXTY_FOUR EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT
#define PAGE                                                                                                 \
  SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR, SIXTY_FOUR
static const long *const table[] = {PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE};

long library_sum(int page) {
  long result = 0;
  for (int index = page * 512; index < (page + 1) * 512; index++) result += *table[index];
  return result;
}
