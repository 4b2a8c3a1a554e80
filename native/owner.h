/*
 * Whose an image is. A launcher starts one of its own user's, or of root's; never another user's.
 *
 * In a user namespace the kernel shows all owners that the namespace does not know as one number, and root outside is one of them
 * (user_namespaces(7)): by its owner root's image looks as anybody's, and without any mapping as the user's own. What can be trusted
 * there: the launcher names the very file that its bind wrote, by device, inode, size, mtime and ctime. Whoever puts another file in
 * its place, writes to it, or gives it to another user, moves the ctime on, and nobody can set that back. So such an image was
 * written together with the launcher, and whoever executes a launcher executes what its author wrote in any case. It is asked
 * beside that nobody but the owner may write to it.
 */
#pragma once
#include "reader.h"
#include "same-file.h"
#include "start.h"

/* linux/highuid.h: DEFAULT_OVERFLOWUID */
#define OVERFLOW_UID 65534

/* Skips spaces before a number of base 10. */
static uint64_t read_decimal(struct line_reader *reader)
{
	uint64_t value = 0;
	char c = next_byte(reader);
	while (c == ' ')
		c = next_byte(reader);
	for (; c >= '0' && c <= '9'; c = next_byte(reader))
		value = value * 10 + (uint64_t)(c - '0');
	return value;
}

/* Whether all owners are known here, each by their own number: so it is in the machine's own namespace. */
static int knows_all_owners(void)
{
	struct line_reader reader;
	if (!open_reader(&reader, "/proc/self/uid_map"))
		return 1;
	int all = read_decimal(&reader) == 0 && read_decimal(&reader) == 0 && read_decimal(&reader) == 0xffffffff;
	call1(__NR_close, reader.file);
	return all;
}

/* Whether a file is known to be of the user whose this process is, or of root. */
static int is_own_or_roots(const struct start *start, const struct stat *file)
{
	if (file->st_uid == OVERFLOW_UID && !knows_all_owners())
		return 0;
	return file->st_uid == 0 || file->st_uid == auxiliary_value(start, AT_EUID);
}
