/*
 * Stage 3 where memory comes from a place: a folder of a file system that shows the store's files with all addresses moved by
 * the place's slide. A place that is not there, or not ours, is a reason to hand over.
 */
#pragma once
#include "filter.h"
#include "start.h"

/* Whether nobody else could have put it there. */
static int is_ours(const struct start *start, int file)
{
	struct stat status;
	return !failed(status_of_file(file, &status)) &&
	       (status.st_uid == 0 || status.st_uid == auxiliary_value(start, AT_EUID)) &&
	       !(status.st_mode & GROUP_OR_OTHER_WRITES);
}

static int open_folder(int folder, const char *name)
{
	return (int)call4(__NR_openat, folder, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

/* Room for any number of 64 bits. */
#define MOST_DIGITS 20

/* Writes a number before `end`, and answers where it begins. */
static char *write_number(char *end, uint64_t number)
{
	do
		*--end = (char)('0' + number % 10);
	while (number /= 10);
	return end;
}

/* Places are folders named by numbers. */
static int open_place(int places, uint64_t number)
{
	char digits[MOST_DIGITS + 1];
	digits[MOST_DIGITS] = 0;
	return open_folder(places, write_number(digits + MOST_DIGITS, number));
}

/* The place that is tried first; processes of one group have the same one. */
static uint64_t first_place(const struct plan *plan)
{
	return plan->flags & PLAN_PLACE_BY_GROUP ? (uint64_t)call1(__NR_getpgid, 0) : 0;
}

static const char *read_slide(const struct start *start, uint64_t *slide)
{
	int file = (int)call4(__NR_openat, start->place, "slide", O_CLOEXEC, 0);
	long got = file < 0 ? -1 : call3(__NR_read, file, slide, sizeof *slide);
	call1(__NR_close, file);
	return got == sizeof *slide && *slide % SLIDE_UNIT == 0 ? 0 : REASON_PLACE_SLIDE;
}

/*
 * Of a server that is dead the kernel still knows names, attributes and some pages: enough to begin with, but not to end; and
 * whoever asks one that hangs waits for ever. So nothing of the mount is touched before this lock has told who serves, and
 * when it last gave a sign of life: see `serving` in plan-layout.ts.
 */
static int open_lock_of_server(const char *places)
{
	size_t length = string_length(places);
	char path[length + sizeof SERVING_SUFFIX];
	memcpy(path, places, length);
	memcpy(path + length, SERVING_SUFFIX, sizeof SERVING_SUFFIX);
	return (int)call4(__NR_openat, AT_FDCWD, path, O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
}

/* Its last sign of life is too old, or of another clock. */
static int is_silent(int64_t second)
{
	struct __kernel_timespec now;
	return failed(call2(__NR_clock_gettime, CLOCK_MONOTONIC, &now)) || second > now.tv_sec ||
	       now.tv_sec - second > SERVING_PATIENCE;
}

/* Writes `/proc/NUMBER/status` to the end of some room, and answers where it begins. */
static char *status_path(uint64_t process, char *room, size_t size)
{
	static const char begin[] = "/proc/", end[] = "/status";
	char *path = room + size - sizeof end;
	memcpy(path, end, sizeof end);
	path = write_number(path, process) - (sizeof begin - 1);
	memcpy(path, begin, sizeof begin - 1);
	return path;
}

/* asm/signal.h: SIGKILL, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU; signal 1 is the lowest bit. */
#define ENDS_OR_STOPS (1ul << 8 | 1ul << 18 | 1ul << 19 | 1ul << 20 | 1ul << 21)

/* The rest of the line `State`: a tab, a letter, and what it means. */
static int is_state_still(struct line_reader *reader)
{
	next_byte(reader);
	char state = next_byte(reader);
	skip_line(reader);
	return state == 'T' || state == 't' || state == 'Z' || state == 'X';
}

/*
 * By a signal, also one that has only been sent (each thread stops when it comes to it), or by a debugger. A process that cannot
 * be seen from here may still be silent.
 */
static int stands_still(uint64_t process)
{
	struct line_reader reader;
	char name[8], path[MOST_DIGITS + 16];
	if (!open_reader(&reader, status_path(process, path, sizeof path)))
		return 0;
	int still = 0;
	while (!still && read_field(&reader, name, sizeof name))
		if (same_string(name, "State"))
			still = is_state_still(&reader);
		else if (same_string(name, "SigPnd"))
			still = (read_value(&reader) & ENDS_OR_STOPS) != 0;
		else if (same_string(name, "ShdPnd")) {
			still = (read_value(&reader) & ENDS_OR_STOPS) != 0;
			break;
		} else
			skip_line(&reader);
	call1(__NR_close, reader.file);
	return still;
}

/*
 * Only who may write to the file can hold a write lock on it: a read lock is what others could have, and is not in the way of the
 * read lock that is asked for.
 */
static const char *check_server(const struct start *start, const char *places)
{
	struct flock lock = {.l_type = F_RDLCK};
	int file = open_lock_of_server(places);
	if (file < 0)
		return REASON_PLACES_UNSERVED;
	int ours = is_ours(start, file), asked = !failed(call3(__NR_fcntl, file, F_OFD_GETLK, &lock));
	call1(__NR_close, file);
	if (!ours)
		return REASON_SERVER_FOREIGN;
	if (!asked || lock.l_type != F_WRLCK)
		return REASON_SERVER_GONE;
	if (is_silent(lock.l_start / SERVING_SECOND))
		return REASON_SERVER_SILENT;
	return stands_still((uint64_t)lock.l_len) ? REASON_SERVER_STOPPED : 0;
}

static const char *find_place(struct start *start, uint64_t number, uint64_t *slide)
{
	const char *path = plan_string(start->plan, start->plan->places_path), *why = check_server(start, path);
	if (why)
		return why;
	int places = open_folder(AT_FDCWD, path);
	if (places < 0)
		return REASON_NO_PLACES;
	int ours = is_ours(start, places);
	start->place = ours ? open_place(places, number % start->plan->place_count) : -1;
	call1(__NR_close, places);
	if (!ours)
		return REASON_PLACES_FOREIGN;
	if (start->place < 0)
		return REASON_PLACES_UNSERVED;
	return is_ours(start, start->place) ? read_slide(start, slide) : REASON_PLACE_FOREIGN;
}

/*
 * A place shows each file with the times of the one at rest, which never changes and whose name is never used again. Device,
 * inode and length are the file system's own.
 */
#define IS_SAME_IN_PLACE(now, row)                                                                                      \
	((int64_t)(now)->st_mtime == (row)->mtime_seconds && (now)->st_mtime_nsec == (row)->mtime_nanoseconds &&        \
	 (int64_t)(now)->st_ctime == (row)->ctime_seconds && (now)->st_ctime_nsec == (row)->ctime_nanoseconds)

static int open_in_place(const struct start *start, const struct plan_backing *backing, const char *path)
{
	struct stat now;
	const char *name = path;
	for (; *path; path++)
		if (*path == '/')
			name = path + 1;
	int file = (int)call4(__NR_openat, start->place, name, O_CLOEXEC, 0);
	if (file < 0 || (!failed(status_of_file(file, &now)) && IS_SAME_IN_PLACE(&now, backing)))
		return file;
	call1(__NR_close, file);
	return -ENOENT;
}
