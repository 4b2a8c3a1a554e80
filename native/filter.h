/*
 * What the process may ask the kernel, before it asks. A filter of system calls (seccomp) that was made for a program and its
 * linker may refuse whatever these two never call, or end the process for it; a question to the kernel that tells whether there is
 * a filter (prctl, seccomp) may be the very call that ends it. Reading a file is not: /proc/self/status says it, and which
 * capabilities there are. Where it cannot be read, there may be a filter.
 */
#pragma once
#include "reader.h"
#include "start.h"

/* The name of a field, up to its colon. Answers 0 at the end of the file. */
static int read_field(struct line_reader *reader, char *name, size_t room)
{
	size_t length = 0;
	char c = next_byte(reader);
	for (; c && c != ':' && c != '\n'; c = next_byte(reader))
		if (length + 1 < room)
			name[length++] = c;
	name[length] = 0;
	return c != 0;
}

/* The rest of a line that holds one number of base 16, or a digit. */
static uint64_t read_value(struct line_reader *reader)
{
	/* The tab behind the colon. */
	next_byte(reader);
	return read_hexadecimal(reader);
}

static void skip_line(struct line_reader *reader)
{
	for (char c = next_byte(reader); c && c != '\n';)
		c = next_byte(reader);
}

/* capabilities(7): either of them is enough for prctl(PR_SET_MM_MAP) to change the link of /proc/self/exe. */
#define EXE_LINK_RIGHTS (1ull << CAP_CHECKPOINT_RESTORE | 1ull << CAP_SYS_ADMIN)

/* A kernel without filters has no field for them. */
static void read_rights(struct start *start)
{
	struct line_reader reader;
	char name[12];
	start->is_filtered = 1;
	if (!open_reader(&reader, "/proc/self/status"))
		return;
	int filter = 0, known = 0;
	while (read_field(&reader, name, sizeof name)) {
		if (same_string(name, "CapEff")) {
			start->has_exe_link_right = (read_value(&reader) & EXE_LINK_RIGHTS) != 0;
			known = 1;
		} else if (same_string(name, "Seccomp")) {
			filter = read_value(&reader) != 0;
			break;
		} else
			skip_line(&reader);
	}
	call1(__NR_close, reader.file);
	start->is_filtered = filter || !known;
}

static int may_set_exe_link(const struct start *start)
{
	return start->has_exe_link_right && !start->is_filtered;
}
