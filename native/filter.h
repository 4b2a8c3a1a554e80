/*
 * What the process may ask the kernel, before it asks. A filter of system calls (seccomp) that was made for a program and its
 * linker may refuse whatever these two never call, or end the process for it. prctl tells whether there is one, and is a call that
 * the linker never makes: where it is refused, nothing else is asked for, and where there is a filter that permits it, nothing but
 * it. Services of systemd are where filters that end a process are usual. There a file says whether there is one before anything
 * else is asked; elsewhere that file would cost every start 20 us.
 */
#pragma once
#include "reader.h"
#include "start.h"

/* Whether a number of /proc/self/status is not 0; where it has no such field it is, and without the file it is as `unread` says. */
static int status_has(const char *field, int unread)
{
	struct line_reader reader;
	char name[12];
	if (!open_reader(&reader, "/proc/self/status"))
		return unread;
	int has = 0;
	while (read_field(&reader, name, sizeof name)) {
		if (same_string(name, field)) {
			has = read_value(&reader) != 0;
			break;
		}
		skip_line(&reader);
	}
	call1(__NR_close, reader.file);
	return has;
}

/* systemd.exec(5): every service has it in its environment. */
static int is_service(const struct start *start)
{
	for (char **entry = start->envp; *entry; entry++)
		if (begins_with(*entry, "INVOCATION_ID="))
			return 1;
	return 0;
}

static void find_filter(struct start *start)
{
	start->is_filtered = 1;
	/* A kernel without filters has no field for them. */
	if (is_service(start) && status_has("Seccomp", 1))
		return;
	long mode = call1(__NR_prctl, PR_GET_SECCOMP);
	start->may_describe = !failed(mode);
	start->is_filtered = mode != 0;
}
