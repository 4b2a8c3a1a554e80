/*
 * What a page-in costs by userfaultfd(2), to be held against one by FUSE (page-in.mjs): a shared memory file whose pages a handler
 * makes. First a process touches pages that nobody has made (UFFDIO_COPY), then, through a second mapping as another process
 * would have it, pages that are there (a minor fault, UFFDIO_CONTINUE). Prints p50 and p99 of both, us.
 *
 *   cc -O2 -pthread -o /tmp/userfaultfd bench/userfaultfd.c && /tmp/userfaultfd
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { pages = 4096, page_size = 4096 };

static void require(int well, const char *what)
{
	if (well)
		return;
	perror(what);
	exit(1);
}

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Answers faults until the descriptor is closed. */
static void *handle(void *argument)
{
	int faults = *(int *)argument;
	static char made[page_size] = "made";
	struct uffd_msg message;
	while (read(faults, &message, sizeof message) == sizeof message) {
		uint64_t page = message.arg.pagefault.address & ~(page_size - 1ull);
		if (message.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_MINOR) {
			struct uffdio_continue go = { { page, page_size }, 0, 0 };
			require(ioctl(faults, UFFDIO_CONTINUE, &go) == 0, "UFFDIO_CONTINUE");
		} else {
			struct uffdio_copy copy = { page, (uint64_t)(uintptr_t)made, page_size, 0, 0 };
			require(ioctl(faults, UFFDIO_COPY, &copy) == 0, "UFFDIO_COPY");
		}
	}
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;
	return difference < 0 ? -1 : difference > 0;
}

/* Each page once, far from the last one. */
static void touch_all(const char *name, volatile char *memory)
{
	static double times[pages];
	for (int i = 0; i < pages; i++) {
		int page = (int)((i * 2654435761u) % pages);
		double begin = now_us();
		if (memory[(long)page * page_size] != 'm')
			abort();
		times[i] = now_us() - begin;
	}
	qsort(times, pages, sizeof *times, by_size);
	printf("%-28s p50 %6.1f us, p99 %6.1f us\n", name, times[pages / 2], times[pages * 99 / 100]);
}

static char *mapped(int file)
{
	char *memory = mmap(NULL, (long)pages * page_size, PROT_READ, MAP_SHARED, file, 0);
	require(memory != MAP_FAILED, "mmap");
	return memory;
}

static void watch(char *memory, int *faults, unsigned long mode)
{
	*faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	require(*faults >= 0, "userfaultfd");
	struct uffdio_api api = { UFFD_API, UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_MINOR_SHMEM, 0 };
	require(ioctl(*faults, UFFDIO_API, &api) == 0, "UFFDIO_API");
	struct uffdio_register all = { { (uint64_t)(uintptr_t)memory, (long)pages * page_size }, mode, 0 };
	require(ioctl(*faults, UFFDIO_REGISTER, &all) == 0, "UFFDIO_REGISTER");
	pthread_t thread;
	require(pthread_create(&thread, NULL, handle, faults) == 0, "pthread_create");
}

int main(void)
{
	static int first, second;
	int file = memfd_create("pages", 0);
	require(file >= 0 && ftruncate(file, (long)pages * page_size) == 0, "memfd_create");
	char *one = mapped(file), *other = mapped(file), *plain = mapped(file);
	watch(one, &first, UFFDIO_REGISTER_MODE_MISSING);
	touch_all("made (UFFDIO_COPY)", one);
	watch(other, &second, UFFDIO_REGISTER_MODE_MINOR);
	touch_all("there (UFFDIO_CONTINUE)", other);
	touch_all("there, without userfaultfd", plain);
	return 0;
}
