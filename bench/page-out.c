/* page-out PID…: asks the kernel to put all private pages of these processes into swap, as if memory were short. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void push(int process, unsigned long start, unsigned long end)
{
  struct iovec range = {(void *)start, end - start};
  syscall(SYS_process_madvise, process, &range, 1ul, MADV_PAGEOUT, 0ul);
}

int main(int argc, char **argv)
{
  for (int index = 1; index < argc; index++) {
    char path[64], line[4096], flags[8];
    unsigned long start, end;
    snprintf(path, sizeof path, "/proc/%s/maps", argv[index]);
    FILE *maps = fopen(path, "r");
    int process = syscall(SYS_pidfd_open, atoi(argv[index]), 0);
    if (!maps || process < 0) {
      perror(path);
      return 1;
    }
    while (fgets(line, sizeof line, maps))
      if (sscanf(line, "%lx-%lx %7s", &start, &end, flags) == 3 && flags[3] == 'p')
        push(process, start, end);
    fclose(maps);
    close(process);
  }
  return 0;
}
