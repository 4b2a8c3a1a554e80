/* Whether a folder has anything in it. */
#pragma once
#include "system.h"

/* getdents64(2). */
struct folder_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* Not, where it cannot be read. Of an empty one the kernel names itself and its parent, by one call or two. */
static int is_empty_folder(const char *path)
{
	char bytes[512] __attribute__((aligned(8)));
	int folder = open_file(path, O_DIRECTORY), empty = 1;
	long got = folder;
	while (empty && !failed(got) && (got = call3(__NR_getdents64, folder, bytes, sizeof bytes)) > 0)
		for (long at = 0; at < got;) {
			const struct folder_entry *entry = (const struct folder_entry *)(bytes + at);
			empty &= same_string(entry->name, ".") || same_string(entry->name, "..");
			at += entry->length;
		}
	if (folder >= 0)
		call1(__NR_close, folder);
	return empty && !failed(got);
}
