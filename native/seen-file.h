/*
 * Files as this mount shows them: each is looked at once, however many images name it, and read once, where its content is asked for.
 */
#pragma once
#include "content-digest.h"
#include "telling-times.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

struct seen {
	struct seen *next;
	char *path;
	struct stat status;
	/* Why its content cannot be compared, or not be known by its identity; 0: nothing keeps it. */
	const char *problem;
	int is_read;
	/* Its problem has been said. */
	int is_told;
	unsigned char digest[DIGEST_SIZE];
};

#define BUCKETS 4096
static struct seen *seen_files[BUCKETS];
static uint64_t bytes_read, files_read;

static unsigned bucket_of(const char *path)
{
	uint32_t hash = 2166136261u;
	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 16777619u;
	return hash % BUCKETS;
}

/* Longest ticks of the clocks of file systems: of inodes that have no room for less than seconds, a second. */
static int64_t end_of_tick(const struct stat *status)
{
	int64_t time = (int64_t)status->st_ctim.tv_sec * 1000000000 + status->st_ctim.tv_nsec;
	return status->st_ctim.tv_nsec ? time : time + 999999999;
}

/*
 * A file that was changed within the tick in which it is read could change again and keep its time: the clock must be past it. A file
 * from the future is not waited for, since a change now gives it another time.
 */
static void wait_for_next_tick(const struct stat *status)
{
	int64_t behind;
	do {
		struct timespec now, pause = { 0, 500000 };
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
		behind = end_of_tick(status) - ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
		if (behind >= 0 && behind < 1000000000)
			nanosleep(&pause, 0);
	} while (behind >= 0 && behind < 1000000000);
}

/* fcntl(2), F_SETLEASE: a lease for reading is refused where somebody has the file open for writing. Others may not ask. */
static int has_writer(int file)
{
	if (fcntl(file, F_SETLEASE, F_RDLCK) == 0) {
		fcntl(file, F_SETLEASE, F_UNLCK);
		return 0;
	}
	return errno == EAGAIN;
}

static int is_same_status(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static struct seen *look_at(const char *path)
{
	struct seen **bucket = seen_files + bucket_of(path), *file = *bucket;
	while (file && strcmp(file->path, path) != 0)
		file = file->next;
	if (file)
		return file;
	file = calloc(1, sizeof *file);
	file->path = strdup(path);
	file->next = *bucket;
	*bucket = file;
	if (stat(path, &file->status))
		file->problem = errno == ENOENT || errno == ENOTDIR ? "is not there" : strerror(errno);
	else if (!S_ISREG(file->status.st_mode))
		file->problem = "is no plain file";
	return file;
}

static const char *read_content(struct seen *file, int descriptor)
{
	struct stat after;
	const char *why = why_times_tell_nothing(descriptor);
	if (why)
		return why;
	if (has_writer(descriptor))
		return "is open for writing";
	wait_for_next_tick(&file->status);
	int failure = digest_of_bytes(descriptor, (uint64_t)file->status.st_size, file->digest);
	if (failure && failure != ENODATA)
		return strerror(failure);
	bytes_read += (uint64_t)file->status.st_size;
	files_read++;
	return failure || fstat(descriptor, &after) || !is_same_status(&after, &file->status) ? "changed while it was read" : 0;
}

/* Whether the file has this content. Where that cannot be said, its `problem` says why. */
static int has_content(struct seen *file, const unsigned char digest[DIGEST_SIZE])
{
	struct stat now;
	int is_known = 0;
	if (file->problem || file->is_read)
		return !file->problem && memcmp(file->digest, digest, DIGEST_SIZE) == 0;
	int descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (descriptor < 0) {
		file->problem = strerror(errno);
		return 0;
	}
	if (fstat(descriptor, &now) || !is_same_status(&now, &file->status))
		file->problem = "changed while it was looked at";
	else if (is_measured(descriptor, digest) && !(file->problem = why_times_tell_nothing(descriptor)))
		is_known = 1;
	else if (!file->problem)
		file->problem = read_content(file, descriptor);
	close(descriptor);
	if (!is_known && !file->problem) {
		file->is_read = 1;
		is_known = memcmp(file->digest, digest, DIGEST_SIZE) == 0;
	}
	return is_known;
}
