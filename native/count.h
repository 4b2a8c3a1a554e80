/*
 * A start that is handed over is counted where the launcher's trailer names a file for that, so that who keeps many programs sees
 * which of them do not run from their images, and why the last one did not. Only a hand-over opens the file.
 *
 * The file has a fixed size and holds numbers and words for people, which nobody trusts. It is written through a mapping, of which a page
 * goes away where somebody shortens the file meanwhile: so a process writes only to a file of its own user that nobody else
 * may write. Starts of other users, and on a store that is read-only, are not counted. Whatever fails changes nothing for the program.
 */
#pragma once
#include "start.h"

static int is_count_file(const struct start *start, int file)
{
	struct stat status;
	return !failed(status_of_file(file, &status)) && (status.st_mode & S_IFMT) == S_IFREG &&
	       status.st_size == COUNT_FILE_SIZE && status.st_uid == auxiliary_value(start, AT_EUID) &&
	       !(status.st_mode & GROUP_OR_OTHER_WRITES);
}

/* Under a filter the time is not asked for: the platform's linker never does. Of several processes at once one has the last word. */
static void write_count(const struct start *start, struct hand_over_count *count, const char *why)
{
	int64_t now[2] = { 0, 0 };
	if (count->magic != COUNT_MAGIC || count->version != COUNT_VERSION)
		return;
	if (!start->is_filtered)
		call2(__NR_clock_gettime, CLOCK_REALTIME, now);
	__atomic_fetch_add(&count->count, 1, __ATOMIC_RELAXED);
	count->seconds = now[0];
	count->nanoseconds = (uint32_t)now[1];
	char *text = (char *)(count + 1);
	const size_t room = COUNT_FILE_SIZE - sizeof *count, length = string_length(why);
	memset(text, 0, room);
	memcpy(text, why, length < room ? length : room - 1);
}

static __attribute__((noinline, cold)) void count_hand_over(const struct start *start, const char *path, const char *why)
{
	if (!*path)
		return;
	int file = open_file(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
	if (file < 0)
		return;
	long at = is_count_file(start, file)
			  ? map(0, COUNT_FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
			  : -1;
	call1(__NR_close, file);
	if (failed(at))
		return;
	write_count(start, (struct hand_over_count *)at, why);
	call2(__NR_munmap, at, COUNT_FILE_SIZE);
}
