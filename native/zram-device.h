/*
 * The device: a number that the kernel gives, a size, the head of a swap, swapon(2). Linux, admin-guide/blockdev/zram.rst. It comes before
 * any other swap of the machine, so that what is paged out goes there.
 */
#define CONTROL "/sys/class/zram-control/"
/* What it may hold. It takes memory for what is in it, and no more. */
#define DEVICE_SIZE (1ull << 30)
#define SWAP_PAGE 4096
/* Who watches devices may have it open for a moment. */
#define PATIENCE_MS 5000

static int device_number = -1;
static char device_path[64];

static int is_refused(const char *what)
{
	printf("refused %s: %s\n", what, strerror(errno));
	return 0;
}

/* What is before the first line's end; 0 where it cannot be read. */
static int read_line(const char *path, char *text, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, size - 1);
	int error = errno;
	if (file >= 0)
		close(file);
	errno = error;
	if (length <= 0)
		return 0;
	text[length] = 0;
	text[strcspn(text, "\n")] = 0;
	return 1;
}

static int write_text(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : write(file, text, strlen(text));
	int error = errno;
	if (file >= 0)
		close(file);
	errno = error;
	return length == (ssize_t)strlen(text);
}

static const char *device_file(const char *name)
{
	static char path[96];
	snprintf(path, sizeof path, "/sys/block/zram%d/%s", device_number, name);
	return path;
}

/* linux/swap.h, union swap_header: version 1, the last page, no bad ones. */
static int write_head(void)
{
	static char head[SWAP_PAGE];
	const uint32_t facts[] = { 1, DEVICE_SIZE / SWAP_PAGE - 1, 0 };
	memcpy(head + 1024, facts, sizeof facts);
	memcpy(head + SWAP_PAGE - 10, "SWAPSPACE2", 10);
	int file = open(device_path, O_WRONLY | O_CLOEXEC);
	int is_written = file >= 0 && write(file, head, sizeof head) == sizeof head && fsync(file) == 0;
	int error = errno;
	if (file >= 0)
		close(file);
	errno = error;
	return is_written;
}

static int64_t now_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

/* Nothing tells when the last one has closed the device. */
static int remove_device(void)
{
	char number[16];
	const struct timespec moment = { 0, 10000000 };
	const int64_t end = now_ns() + PATIENCE_MS * 1000000ll;
	snprintf(number, sizeof number, "%d", device_number);
	while (!write_text(CONTROL "hot_remove", number)) {
		if (errno != EBUSY || now_ns() > end)
			return 0;
		nanosleep(&moment, 0);
	}
	return 1;
}

/* Returns whether it is there; else it was said why not, and nothing is left. */
static int create_swap(void)
{
	char text[64], compressors[128];
	if (access(CONTROL, F_OK) != 0)
		return is_refused("the kernel has no zram (modprobe zram)");
	if (!read_line(CONTROL "hot_add", text, sizeof text))
		return is_refused(CONTROL "hot_add");
	device_number = atoi(text);
	snprintf(device_path, sizeof device_path, "/dev/zram%d", device_number);
	snprintf(text, sizeof text, "%llu", DEVICE_SIZE);
	if (!write_text(device_file("disksize"), text))
		is_refused(device_file("disksize"));
	else if (!write_head())
		is_refused(device_path);
	else if (swapon(device_path, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK) != 0)
		is_refused("swapon");
	else if (!read_line(device_file("comp_algorithm"), compressors, sizeof compressors))
		is_refused(device_file("comp_algorithm"));
	else {
		char *chosen = strchr(compressors, '['), *end = strchr(compressors, ']');
		if (chosen && end)
			*end = 0;
		printf("ready %s\n", chosen && end ? chosen + 1 : compressors);
		return 1;
	}
	swapoff(device_path);
	remove_device();
	return 0;
}

static int remove_swap(void)
{
	if (swapoff(device_path) == 0 && remove_device())
		return 1;
	fprintf(stderr, "%s stays: %s\n", device_path, strerror(errno));
	return 0;
}

/* The first three figures of mm_stat. */
static void print_state(void)
{
	char text[256];
	unsigned long long given = 0, compressed = 0, used = 0;
	if (read_line(device_file("mm_stat"), text, sizeof text))
		sscanf(text, "%llu %llu %llu", &given, &compressed, &used);
	printf("%llu %llu %llu\n", given, compressed, used);
}
