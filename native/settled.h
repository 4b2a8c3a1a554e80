/*
 * Which files a mount shows in the place of those of the bind. An overlay has another device number each time, an unpacked layer other
 * inodes and times: linkonce-settle compares contents, and writes what it saw into a file (docs/formats/settled.md). Only a start that
 * finds a file with another identity than at bind looks there. Whatever is not settled is as if there were no such file.
 */
#pragma once
#include "owner.h"

/* The path of a file of settled identities: room for the longest one. */
#define SETTLED_PATH (sizeof SETTLED_FOLDER + 1 + 16 + 1 + 20)

static char *append(char *at, const char *text)
{
	while (*text)
		*at++ = *text++;
	*at = 0;
	return at;
}

static char *append_number(char *at, uint64_t value, unsigned base, unsigned digits)
{
	char text[21];
	char *first = text + sizeof text - 1;
	*first = 0;
	do
		*--first = "0123456789abcdef"[value % base];
	while ((value /= base) || text + sizeof text - 1 - first < (long)digits);
	return append(at, first);
}

static void settled_path(char path[SETTLED_PATH], uint64_t checksum, uint64_t user)
{
	path = append_number(append(append(path, SETTLED_FOLDER), "/"), checksum, 16, 16);
	append_number(append(path, "."), user, 10, 1);
}

/* The image that was opened is the one that was compared: its row is the first one. */
static int is_for_image(const struct start *start, int file, struct settled_head *head)
{
	struct settled_file image;
	return call4(__NR_pread64, file, head, sizeof *head, 0) == sizeof *head && head->magic == SETTLED_MAGIC &&
	       head->version == SETTLED_VERSION && head->checksum == start->form->checksum &&
	       call4(__NR_pread64, file, &image, sizeof image, sizeof *head) == sizeof image &&
	       IS_SAME_FILE(&start->image_status, &image);
}

/* What lies there may be anybody's: it is not followed, not waited for, and believed only where the user's own or root's. */
static int open_settled_of(struct start *start, uint64_t user)
{
	char path[SETTLED_PATH];
	struct settled_head head;
	struct stat status;
	settled_path(path, start->form->checksum, user);
	int file = open_file(path, O_NOFOLLOW | O_NONBLOCK);
	if (file < 0)
		return 0;
	if (!failed(status_of_file(file, &status)) && (status.st_mode & S_IFMT) == S_IFREG && is_own_or_roots(start, &status) &&
	    !(status.st_mode & GROUP_OR_OTHER_WRITES) && is_for_image(start, file, &head)) {
		start->settled.file = file;
		start->settled.rows_count = head.rows_count;
		return 1;
	}
	call1(__NR_close, file);
	return 0;
}

static __attribute__((noinline, cold)) int has_settled(struct start *start)
{
	uint64_t user = auxiliary_value(start, AT_EUID);
	if (!start->settled.is_asked && !open_settled_of(start, user) && user)
		open_settled_of(start, 0);
	start->settled.is_asked = 1;
	return start->settled.file >= 0;
}

/* 0 where there is none. */
static __attribute__((noinline, cold)) const struct settled_file *settled_row(struct start *start, uint32_t row)
{
	struct settled *settled = &start->settled;
	if (!has_settled(start) || row >= settled->rows_count)
		return 0;
	if (row < settled->first || row >= settled->first + settled->count) {
		long got = call4(__NR_pread64, settled->file, settled->rows, sizeof settled->rows,
				 sizeof(struct settled_head) + row * sizeof(struct settled_file));
		settled->first = row;
		settled->count = failed(got) ? 0 : (uint32_t)((size_t)got / sizeof(struct settled_file));
		if (!settled->count)
			return 0;
	}
	return settled->rows + (row - settled->first);
}

/* Whether a file has the content of the bind's: `row` counts as the plan's digests. */
static int is_settled(struct start *start, uint32_t row, const struct stat *now)
{
	const struct settled_file *settled = settled_row(start, row);
	return settled && settled->inode && IS_SAME_FILE(now, settled);
}

/* Rows of the digests: that of the image comes first. */
static uint32_t row_of_file(uint32_t index)
{
	return 1 + index;
}

static uint32_t row_of_backing(const struct plan *plan, uint32_t index)
{
	return row_of_file(plan->files_count) + index;
}

static void settle_identity(struct start *start, uint32_t row, uint64_t *identity)
{
	const struct settled_file *settled = settled_row(start, row);
	if (settled && settled->inode)
		memcpy(identity, settled, sizeof *settled);
}

/*
 * The opener looks at identities by itself, in its own table: it gets those of now. The table's pages become the process's own, where
 * anything was settled. Whatever fails: what is opened comes by the linker's own way.
 */
static void settle_opened(struct start *start)
{
	const struct plan *plan = start->plan;
	struct opened_head *table = (struct opened_head *)((char *)plan + plan->tables_size);
	uint32_t row = row_of_backing(plan, plan->backings_count);
	if (!plan->opened_size || start->settled.file < 0 ||
	    failed(call3(__NR_mprotect, table, plan->opened_size, PROT_READ | PROT_WRITE)))
		return;
	struct opened_module *module = (struct opened_module *)((char *)table + table->modules_offset);
	for (uint32_t i = 0; i < table->modules_count; i++, row++)
		settle_identity(start, row, &module[i].device);
	struct opened_file *file = (struct opened_file *)((char *)table + table->files_offset);
	for (uint32_t i = 0; i < table->files_count; i++, row++)
		settle_identity(start, row, &file[i].device);
	table->owner = start->image_status.st_uid;
	call3(__NR_mprotect, table, plan->opened_size, PROT_READ);
}

static void close_settled(const struct start *start)
{
	if (start->settled.file >= 0)
		call1(__NR_close, start->settled.file);
}
