/*
 * The pages of a process that does not run: which are its own and in memory, which are out (proc(5), pagemap), and how both become the
 * other.
 */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define PAGE 4096ul
/* What the kernel shows above is its own. */
#define PROCESS_END (1ul << 47)
#define AT_ONCE 4096
/* Linux, admin-guide/mm/pagemap.rst. Private and in memory is what is there, mapped by no other process, and of no file. */
#define IS_PRESENT (1ull << 63)
#define IS_OUT (1ull << 62)
#define IS_OF_FILE (1ull << 61)
#define IS_EXCLUSIVE (1ull << 56)

struct look {
	int process; /* a descriptor of it (pidfd) */
	int memory;  /* its /proc/PID/mem */
	long out;    /* pages */
	int64_t ns;
};

typedef void on_range(struct look *look, const uint64_t *entries, unsigned long start, unsigned long count);

/* Calls `visit` with the entries of all private mappings, piece by piece. */
static void each_range(int pid, struct look *look, on_range *visit)
{
	static uint64_t entries[AT_ONCE];
	char path[64], line[4608], flags[8];
	unsigned long start, end;
	snprintf(path, sizeof path, "/proc/%d/pagemap", pid);
	int pagemap = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "re");
	while (maps && pagemap >= 0 && fgets(line, sizeof line, maps)) {
		if (sscanf(line, "%lx-%lx %7s", &start, &end, flags) != 3 || flags[3] != 'p' || end > PROCESS_END)
			continue;
		for (; start < end; start += AT_ONCE * PAGE) {
			size_t wanted = (end - start) / PAGE < AT_ONCE ? (end - start) / PAGE : AT_ONCE;
			ssize_t got = pread(pagemap, entries, wanted * sizeof *entries, (off_t)(start / PAGE * sizeof *entries));
			if (got > 0)
				visit(look, entries, start, (unsigned long)got / sizeof *entries);
		}
	}
	if (maps)
		fclose(maps);
	if (pagemap >= 0)
		close(pagemap);
}

static int is_own(uint64_t entry)
{
	return (entry & (IS_PRESENT | IS_EXCLUSIVE | IS_OF_FILE)) == (IS_PRESENT | IS_EXCLUSIVE);
}

static int is_out(uint64_t entry)
{
	return (entry & (IS_PRESENT | IS_OUT)) == IS_OUT;
}

static void push(struct look *look, const uint64_t *entries, unsigned long start, unsigned long count)
{
	for (unsigned long at = 0, end; at < count; at = end + 1) {
		for (end = at; end < count && is_own(entries[end]);)
			end++;
		struct iovec range = { (void *)(start + at * PAGE), (end - at) * PAGE };
		if (end > at)
			syscall(SYS_process_madvise, look->process, &range, 1ul, MADV_PAGEOUT, 0ul);
	}
}

static void count_out(struct look *look, const uint64_t *entries, unsigned long start, unsigned long count)
{
	(void)start;
	for (unsigned long at = 0; at < count; at++)
		look->out += is_out(entries[at]);
}

/* The kernel pages out what stands in its lists; a page that is new waits for that at the processor which made it. */
static long page_out(int pid)
{
	struct look look = { (int)syscall(SYS_pidfd_open, pid, 0), -1, 0, 0 };
	cpu_set_t all, one;
	sched_getaffinity(0, sizeof all, &all);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof one, &one);
		each_range(pid, &look, push);
	}
	sched_setaffinity(0, sizeof all, &all);
	each_range(pid, &look, count_out);
	if (look.process >= 0)
		close(look.process);
	return look.out;
}

/* Of this thread: who waits for the processor is not what is measured, and zram decompresses where the page is asked for. */
static int64_t own_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

/*
 * A byte of each page that is out, twice: the second time it is there, so that the difference is what zram cost. A page fault of the
 * process would cost the trap beside it.
 */
static void touch(struct look *look, const uint64_t *entries, unsigned long start, unsigned long count)
{
	int64_t times[3];
	char byte;
	for (int round = 0; round < 3; round++) {
		times[round] = own_ns();
		for (unsigned long at = 0; round < 2 && at < count; at++)
			if (is_out(entries[at]) && pread(look->memory, &byte, 1, (off_t)(start + at * PAGE)) == 1)
				look->out++;
	}
	look->ns += (times[1] - times[0]) - (times[2] - times[1]);
}

static int64_t read_back(int pid)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/mem", pid);
	struct look look = { -1, open(path, O_RDONLY | O_CLOEXEC), 0, 0 };
	each_range(pid, &look, touch);
	if (look.memory >= 0)
		close(look.memory);
	return look.ns;
}
