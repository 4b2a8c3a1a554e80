/*
 * One mapping for everything against one call and a protection for each range that is written: one-mapping FILE LENGTH ROUNDS START LENGTH...
 * (ranges from the mapping's beginning). In turn, each round: map, read a word of every sixteenth page, write a word of each range, fork
 * a child that ends, unmap. Prints the medians of each part in ns: as it is, then as one.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { page = 4096, parts = 4, most = 1 << 14 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static int compare(const void *one, const void *other) {
  double difference = *(const double *)one - *(const double *)other;
  return (difference > 0) - (difference < 0);
}

static void require(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}

static int file, ranges;
static size_t length, starts[most], lengths[most];
static double times[2][parts][most];

static void round_of(int as_one, int number) {
  double at[parts + 1];
  const int rights = PROT_READ | PROT_EXEC | (as_one ? PROT_WRITE : 0);
  at[0] = now();
  char *memory = mmap(0, length, rights, MAP_PRIVATE, file, 0);
  require(memory != MAP_FAILED, "mmap");
  for (int range = 0; !as_one && range < ranges; range++)
    require(mprotect(memory + starts[range], lengths[range], PROT_READ | PROT_WRITE) == 0, "mprotect");
  at[1] = now();
  for (size_t place = 0; place < length; place += 16 * page) (void)*(volatile char *)(memory + place);
  for (int range = 0; range < ranges; range++) *(volatile char *)(memory + starts[range]) = 1;
  at[2] = now();
  pid_t child = fork();
  require(child >= 0, "fork");
  if (child == 0) _exit(0);
  waitpid(child, 0, 0);
  at[3] = now();
  munmap(memory, length);
  at[4] = now();
  for (int part = 0; part < parts; part++) times[as_one][part][number] = at[part + 1] - at[part];
}

int main(int count, char **words) {
  if (count < 4 || count > most) return 2;
  file = open(words[1], O_RDONLY);
  require(file >= 0, words[1]);
  length = strtoul(words[2], 0, 10);
  const int rounds = atoi(words[3]);
  if (rounds < 1 || rounds > most) return 2;
  for (int word = 4; word + 1 < count; word += 2, ranges++) {
    starts[ranges] = strtoul(words[word], 0, 10);
    lengths[ranges] = strtoul(words[word + 1], 0, 10);
  }
  for (int number = 0; number < rounds; number++)
    for (int turn = 0; turn < 2; turn++) round_of((number + turn) % 2, number);
  for (int as_one = 0; as_one < 2; as_one++)
    for (int part = 0; part < parts; part++) {
      qsort(times[as_one][part], rounds, sizeof(double), compare);
      printf("%.0f%c", times[as_one][part][rounds / 2], part + 1 < parts ? ' ' : '\n');
    }
  return 0;
}
