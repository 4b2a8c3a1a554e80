/*
 * One image of a launcher: what this mount shows in the place of the files of its bind is written into a file of settled identities
 * (docs/formats/settled.md), which appears whole. Rows of an earlier one of this user's that still hold are not compared again.
 */
#pragma once
#include "plan.h"
#include "seen-file.h"
#include "sum.h"
#include <limits.h>

struct settling {
	const struct launcher_form *form;
	/* The plan's tables and the opener's behind them. */
	char *plan;
	uint64_t plan_size;
	/* One of each for every row. */
	uint32_t rows_count;
	struct plan_digest *digests;
	struct settled_file *rows, *before;
	/* So many rows have been gone through. */
	uint32_t next;
	/* Some row is not as in the earlier file. */
	int is_new;
	/* So many files are not as at bind, or cannot be compared. */
	int problems;
};

static void complain(const char *path, const char *what)
{
	fprintf(stderr, "linkonce-settle: %s: %s\n", path, what);
}

/* Of one file once, however many images have it. */
static void complain_of(struct seen *file, const char *what)
{
	if (!file->is_told)
		complain(file->path, what);
	file->is_told = 1;
}

static struct settled_file identity_of(const struct stat *status)
{
	return (struct settled_file){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = (uint64_t)status->st_size,
		.mtime_seconds = status->st_mtim.tv_sec,
		.ctime_seconds = status->st_ctim.tv_sec,
		.mtime_nanoseconds = (uint32_t)status->st_mtim.tv_nsec,
		.ctime_nanoseconds = (uint32_t)status->st_ctim.tv_nsec,
	};
}

/* All rows that name a file begin with what identifies it. */
static int is_same_identity(const struct settled_file *identity, const void *row)
{
	return memcmp(identity, row, sizeof *identity) == 0;
}

static int is_empty(const struct plan_digest *digest)
{
	static const struct plan_digest none;
	return memcmp(digest, &none, sizeof none) == 0;
}

/*
 * The next row: `at_bind` is the file's row in the plan or the opener's table, `path` 0 where it has none. Answers whether the file
 * is what it was.
 */
static int settle_row(struct settling *settling, const char *path, const void *at_bind, const struct plan_digest *digest)
{
	uint32_t row = settling->next++;
	struct seen *file = path ? look_at(path) : 0;
	if (!file)
		return 1;
	struct settled_file now = !file->problem ? identity_of(&file->status) : (struct settled_file){ 0 };
	int was_settled = now.inode && settling->before && is_same_identity(&now, settling->before + row);
	settling->is_new |= !was_settled;
	if (was_settled || is_same_identity(&now, at_bind) ||
	    (!is_empty(digest) && has_content(file, (const unsigned char *)digest))) {
		settling->rows[row] = now;
		return 1;
	}
	return 0;
}

static const char *reason_of(const struct seen *file, const struct plan_digest *digest)
{
	if (file->problem)
		return file->problem;
	return is_empty(digest) ? "is another file than at bind, whose content is not known" : "has other content than at bind";
}

static const char *text_of(const struct settling *settling, uint64_t base, uint32_t offset)
{
	return base + offset < settling->plan_size ? settling->plan + base + offset : "";
}

static const char *path_of(const struct settling *settling, uint32_t directory, uint32_t name, char path[PATH_MAX])
{
	const char *folder = text_of(settling, 0, directory), *last = text_of(settling, 0, name);
	snprintf(path, PATH_MAX, "%s%s%s", folder, *folder ? "/" : "", last);
	return *path ? path : 0;
}

/* What `linkonce-settle` cannot settle keeps the launcher from its image, unless `is_spare`. */
static void settle_named(struct settling *settling, const char *path, const void *at_bind, int is_spare)
{
	const struct plan_digest *digest = settling->digests + settling->next;
	if (settle_row(settling, path, at_bind, digest) || is_spare)
		return;
	settling->problems++;
	complain_of(look_at(path), reason_of(look_at(path), digest));
}

static void settle_files(struct settling *settling)
{
	const struct plan *plan = (const struct plan *)settling->plan;
	const struct plan_file *file = (const struct plan_file *)(settling->plan + plan->files_offset);
	char path[PATH_MAX];
	/* The loader asks another cache what it says. */
	for (uint32_t i = 0; i < plan->files_count; i++, file++)
		settle_named(settling, path_of(settling, file->directory, file->path, path), file,
			     plan->cached_count && file->path == plan->cache_path);
	const struct plan_backing *backing = (const struct plan_backing *)(settling->plan + plan->backings_offset);
	for (uint32_t i = 0; i < plan->backings_count; i++, backing++) {
		int is_file = backing->kind == BACKING_FILE || backing->kind == BACKING_MODULE;
		settle_named(settling, is_file ? path_of(settling, backing->directory, backing->path, path) : 0, backing, 0);
	}
}

/* Modules that are not there, or others by now, are opened as ever. */
static void settle_opened(struct settling *settling)
{
	const struct plan *plan = (const struct plan *)settling->plan;
	const struct opened_head *head = (const struct opened_head *)(settling->plan + plan->tables_size);
	if (!plan->opened_size)
		return;
	const struct opened_module *module = (const struct opened_module *)((const char *)head + head->modules_offset);
	for (uint32_t i = 0; i < head->modules_count; i++, module++)
		settle_named(settling, text_of(settling, plan->tables_size, module->path), module, 1);
	const struct opened_file *file = (const struct opened_file *)((const char *)head + head->files_offset);
	for (uint32_t i = 0; i < head->files_count; i++, file++)
		settle_named(settling, file->inode ? text_of(settling, plan->tables_size, file->path) : 0, file, 1);
}

static int is_inside(uint64_t offset, uint64_t count, size_t size, uint64_t begin, uint64_t end)
{
	return offset >= begin && offset <= end && count <= (end - offset) / size;
}

static int is_sound(const struct settling *settling)
{
	const struct plan *plan = (const struct plan *)settling->plan;
	const struct opened_head *head = (const struct opened_head *)(settling->plan + plan->tables_size);
	uint64_t rows = 1ull + plan->files_count + plan->backings_count;
	if (!is_inside(plan->files_offset, plan->files_count, sizeof(struct plan_file), sizeof *plan, plan->tables_size) ||
	    !is_inside(plan->backings_offset, plan->backings_count, sizeof(struct plan_backing), sizeof *plan, plan->tables_size))
		return 0;
	if (plan->opened_size) {
		if (plan->opened_size < sizeof *head ||
		    !is_inside(head->modules_offset, head->modules_count, sizeof(struct opened_module), sizeof *head,
			       plan->opened_size) ||
		    !is_inside(head->files_offset, head->files_count, sizeof(struct opened_file), sizeof *head, plan->opened_size))
			return 0;
		rows += head->modules_count + head->files_count;
	}
	return plan->digests_size == rows * sizeof(struct plan_digest);
}

/* Reads what is needed of an image. Answers 0, or what is wrong with it. */
static const char *read_image(struct settling *settling, int file, uint64_t file_size)
{
	struct plan head;
	if (pread(file, &head, sizeof head, PLAN_OFFSET) != sizeof head || head.magic != PLAN_MAGIC)
		return "is no image";
	if (head.version != PLAN_VERSION || head.header_size != sizeof head)
		return "is an image of another version of linkonce";
	if (head.checksum != settling->form->checksum || head.tables_size != settling->form->tables_size)
		return "is another image than at bind";
	settling->plan_size = head.tables_size + head.opened_size;
	if (head.file_size != file_size || head.tables_size < sizeof head || head.tables_size % 8 || settling->plan_size > file_size ||
	    head.tables_size > file_size || head.digests_size > file_size || head.digests_offset > file_size - head.digests_size)
		return "is damaged";
	settling->plan = calloc(1, settling->plan_size + 1);
	settling->digests = malloc(head.digests_size + 1);
	if (pread(file, settling->plan, settling->plan_size, PLAN_OFFSET) != (ssize_t)settling->plan_size ||
	    pread(file, settling->digests, head.digests_size, (off_t)head.digests_offset) != (ssize_t)head.digests_size ||
	    checksum((const uint64_t *)settling->plan + 3, head.tables_size / 8 - 3) != head.checksum || !is_sound(settling))
		return "is damaged";
	settling->rows_count = (uint32_t)(head.digests_size / sizeof(struct plan_digest));
	settling->rows = calloc(settling->rows_count, sizeof *settling->rows);
	return 0;
}

static void settled_path(const struct settling *settling, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%016llx.%u", SETTLED_FOLDER, (unsigned long long)settling->form->checksum, geteuid());
}

/* What this user has written of the image before. */
static void read_before(struct settling *settling)
{
	char path[PATH_MAX];
	struct settled_head head;
	struct stat status;
	size_t size = settling->rows_count * sizeof *settling->before;
	settled_path(settling, path);
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file < 0)
		return;
	struct settled_file *rows = malloc(size);
	if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() && !(status.st_mode & 0022) &&
	    pread(file, &head, sizeof head, 0) == sizeof head && head.magic == SETTLED_MAGIC && head.version == SETTLED_VERSION &&
	    head.checksum == settling->form->checksum && head.rows_count == settling->rows_count &&
	    pread(file, rows, size, sizeof head) == (ssize_t)size)
		settling->before = rows;
	else
		free(rows);
	close(file);
}

static int write_rows(const struct settling *settling, int file)
{
	const struct settled_head head = { SETTLED_MAGIC, settling->form->checksum, SETTLED_VERSION, settling->rows_count };
	ssize_t size = (ssize_t)(settling->rows_count * sizeof *settling->rows);
	return write(file, &head, sizeof head) == sizeof head && write(file, settling->rows, (size_t)size) == size &&
	       fchmod(file, 0644) == 0;
}

/* Many may do this at once: each writes a file of its own, and the last one's stays. */
static int write_settled(const struct settling *settling)
{
	char path[PATH_MAX], temporary[] = SETTLED_FOLDER "/.settle-XXXXXX";
	settled_path(settling, path);
	/* What root notes is for all users, whatever the umask. */
	if (mkdir(SETTLED_FOLDER, 0755) ? errno != EEXIST : chmod(SETTLED_FOLDER, 0755)) {
		complain(SETTLED_FOLDER, strerror(errno));
		return 0;
	}
	int file = mkostemp(temporary, O_CLOEXEC);
	int is_written = file >= 0 && write_rows(settling, file);
	int failure = errno;
	if (file >= 0)
		close(file);
	if (is_written && rename(temporary, path) == 0)
		return 1;
	failure = is_written ? errno : failure;
	if (file >= 0)
		unlink(temporary);
	complain(SETTLED_FOLDER, strerror(failure));
	return 0;
}

/* Answers whether the launcher starts from this image now. */
static int settle_image(const struct launcher_form *form, const char *image)
{
	struct settling settling = { .form = form };
	struct seen *seen = look_at(image);
	int file = open(image, O_RDONLY | O_CLOEXEC);
	const char *why = seen->problem ? seen->problem : file < 0 ? strerror(errno) : 0;
	why = why ? why : read_image(&settling, file, (uint64_t)seen->status.st_size);
	if (file >= 0)
		close(file);
	if (!why) {
		read_before(&settling);
		const struct plan_digest *digest = (const struct plan_digest *)&form->digest_0;
		why = settle_row(&settling, image, &form->device, digest) ? 0 : reason_of(seen, digest);
	}
	if (why)
		complain(image, why);
	else {
		settle_files(&settling);
		settle_opened(&settling);
	}
	int is_settled = !why && (!settling.is_new || write_settled(&settling)) && !settling.problems;
	free(settling.plan);
	free(settling.digests);
	free(settling.rows);
	free(settling.before);
	return is_settled;
}
