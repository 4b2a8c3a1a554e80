/* Makes pages its own in ways that can be counted, says so, and waits for the end of its input. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { page = 4096, data_pages = 5, zero_pages = 7, mapped_pages = 11, clean_pages = 3 };

volatile char data[data_pages + clean_pages][page] __attribute__((aligned(4096))) = {{1}};
volatile char same[page] __attribute__((aligned(4096))) = {2};
volatile char zero[zero_pages + clean_pages][page] __attribute__((aligned(4096)));

/* Relocated words: a page of them, and one in which a word is written since. */
#define EIGHT data, data, data, data, data, data, data, data
#define PAGE EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT
volatile void *volatile table[512] __attribute__((aligned(4096))) = {PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE};
volatile void *volatile changed[512] __attribute__((aligned(4096))) = {PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE};

/* Where to read and write of the pipe that says 'started', then of one that never ends. */
enum { started_read, started_write, ended_read, ended_write };

static void *wait_in_thread(void *ends) {
  const int *pipes = ends;
  char byte = 0;
  read(pipes[ended_read], &byte, 0);
  write(pipes[started_write], &byte, 1);
  read(pipes[ended_read], &byte, 1);
  return NULL;
}

int main(void) {
  char byte;
  int pipes[4];
  pthread_t thread;
  for (int i = 0; i < data_pages; i++) data[i][8 * i] = 3;
  for (int i = 0; i < zero_pages; i++) zero[i][8 * i] = 4;
  same[0] = 2;
  changed[100] = zero;
  /* A page that is only read is the kernel's page of zeros. */
  char *mapped = mmap(NULL, (mapped_pages + clean_pages) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(mapped, 5, mapped_pages * page);
  if (*(volatile char *)(mapped + mapped_pages * page) != 0) return 1;
  if (pipe(pipes) != 0 || pipe(pipes + ended_read) != 0) return 1;
  pthread_create(&thread, NULL, wait_in_thread, pipes);
  read(pipes[started_read], &byte, 1);
  /* The first calls have their cost now, not while the process is looked at. */
  read(0, &byte, 0);
  printf("%p %p\n", (void *)mapped, (void *)table);
  fflush(stdout);
  return read(0, &byte, 1) == 0 ? 0 : 1;
}
