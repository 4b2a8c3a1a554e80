/* Not PROT_EXEC: there Linux 6.16 and later reads around a page whatever madvise says.
   page-in FILE: maps FILE without its cached pages, touches each page once in a random order, and prints ns of each touch. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
  struct stat about;
  int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
  if (file < 0 || fstat(file, &about) != 0)
    return 2;
  long count = about.st_size / 4096;
  long *order = malloc(count * sizeof *order);
  for (long index = 0; index < count; index++) {
    long other = random() % (index + 1);
    order[index] = order[other];
    order[other] = index;
  }
  fsync(file);
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  volatile char *memory = mmap(0, about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  madvise((void *)memory, about.st_size, MADV_RANDOM);
  for (long index = 0; index < count; index++) {
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    (void)memory[order[index] * 4096];
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("%ld\n", (after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec);
  }
  return 0;
}
