/*
 * Stage 3 where memory comes from a place: a folder of a file system that shows the store's files with all addresses moved by
 * the place's slide. A place that is not there, or not ours, is a reason to hand over.
 */
#pragma once
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

/* Places are folders named by numbers. */
static int open_place(int places, uint64_t number)
{
	char digits[12];
	int at = sizeof digits - 1;
	digits[at] = 0;
	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	return open_folder(places, digits + at);
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
 * Of a server that is dead the kernel still knows names, attributes and some pages: enough to begin with, but not to end. A
 * question to the server would take it 20 us or more; but who serves has locked the folder around the mount, until its end.
 */
static int is_served(int places)
{
	struct flock lock = {.l_type = F_WRLCK};
	int folder = (int)call4(__NR_openat, places, "..", O_DIRECTORY | O_CLOEXEC, 0);
	int known = !failed(call3(__NR_fcntl, folder, F_OFD_GETLK, &lock));
	call1(__NR_close, folder);
	return known && lock.l_type != F_UNLCK;
}

static const char *find_place(struct start *start, uint64_t number, uint64_t *slide)
{
	int places = open_folder(AT_FDCWD, plan_string(start->plan, start->plan->places_path));
	if (places < 0)
		return REASON_NO_PLACES;
	int ours = is_ours(start, places), served = is_served(places);
	start->place = ours && served ? open_place(places, number % start->plan->place_count) : -1;
	call1(__NR_close, places);
	if (!ours)
		return REASON_PLACES_FOREIGN;
	if (!served)
		return REASON_SERVER_GONE;
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
