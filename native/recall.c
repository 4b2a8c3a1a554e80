/*
 * recall: has the kernel read pages of files again that it has forgotten, before anybody waits for each of them. It is a process of its
 * own: one that waits for a file system that it serves itself could not be ended.
 *
 * Standard input is a socket of whole messages (SOCK_SEQPACKET): the path of a file, zeros up to a multiple of 4, then pairs of numbers,
 * the first page and the count of a run, in the order in which they are wanted. The kernel reads nothing that it still has, and where it
 * has more than a quarter of what is wanted, it has not forgotten the file, but lacks memory: then nothing is read.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096ul
#define LONGEST_MESSAGE (1 << 18)
/* Pages: of one call the kernel reads VM_READAHEAD_PAGES, and leaves the rest (mm/readahead.c, force_page_cache_ra). */
#define AT_ONCE 32ul
/* Of the largest file that is looked at: 4 GiB. */
#define MOST_PAGES (1ul << 20)

struct run {
	uint32_t first, count;
};

static char message[LONGEST_MESSAGE];
static unsigned char present[MOST_PAGES];

/* Whether it has forgotten them. */
static int is_forgotten(int file, unsigned long pages, const struct run *runs, size_t count)
{
	unsigned long wanted = 0, missing = 0;
	void *mapped = mmap(0, pages * PAGE, PROT_READ, MAP_SHARED, file, 0);
	if (mapped == MAP_FAILED)
		return 0;
	int is_known = mincore(mapped, pages * PAGE, present) == 0;
	munmap(mapped, pages * PAGE);
	for (size_t index = 0; is_known && index < count; index++)
		for (unsigned long page = runs[index].first, end = page + runs[index].count; page < end && page < pages; page++) {
			wanted++;
			missing += !(present[page] & 1);
		}
	return is_known && missing * 4 >= wanted * 3;
}

static void want(int file, const struct run *run)
{
	for (unsigned long done = 0; done < run->count; done += AT_ONCE) {
		unsigned long more = run->count - done < AT_ONCE ? run->count - done : AT_ONCE;
		posix_fadvise(file, (off_t)((run->first + done) * PAGE), (off_t)(more * PAGE), POSIX_FADV_WILLNEED);
	}
}

static void recall(const char *path, const struct run *runs, size_t count)
{
	struct stat status;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0)
		return;
	if (fstat(file, &status) == 0) {
		unsigned long pages = ((unsigned long)status.st_size + PAGE - 1) / PAGE;
		if (pages > 0 && pages <= MOST_PAGES && is_forgotten(file, pages, runs, count))
			for (size_t index = 0; index < count; index++)
				want(file, &runs[index]);
	}
	close(file);
}

int main(void)
{
	ssize_t length;
	/* Whoever writes does not wait; this one does. */
	fcntl(0, F_SETFL, fcntl(0, F_GETFL) & ~O_NONBLOCK);
	while ((length = recv(0, message, sizeof message - 1, 0)) > 0) {
		message[length] = 0;
		size_t head = (strlen(message) + 4) & ~3ul;
		if (head <= (size_t)length)
			recall(message, (const struct run *)(message + head), ((size_t)length - head) / sizeof(struct run));
	}
	return 0;
}
