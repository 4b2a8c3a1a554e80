/*
 * Whether a file's identity names its content as long as it stays where it is: on file systems where the kernel itself writes the ctime.
 * src/program/file-system.ts says which and why; a file that is settled must be on one of them as a file that is bound must.
 */
#pragma once
#include "plan.h"
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

static const uint64_t local_types[] = { LOCAL_FILE_SYSTEMS }, memory_types[] = { FILE_SYSTEMS_IN_MEMORY };

#define IS_ONE_OF(value, list) is_one_of(value, list, sizeof(list) / sizeof *(list))

static int is_one_of(uint64_t value, const uint64_t *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == value)
			return 1;
	return 0;
}

/* A value of a file of /proc that has lines `NAME: VALUE`; -1 where there is none. */
static long mount_id_of(int file)
{
	char path[64], line[256];
	long id = -1;
	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
	FILE *info = fopen(path, "re");
	while (info && id < 0 && fgets(line, sizeof line, info))
		sscanf(line, "mnt_id: %ld", &id);
	if (info)
		fclose(info);
	return id;
}

/* The options of the file system itself, not of this mount of it; a text of the caller's to free, or 0. proc(5), mountinfo. */
static char *options_of(int file)
{
	char *line = 0, *options = 0;
	size_t room = 0;
	long wanted = mount_id_of(file);
	FILE *mounts = wanted < 0 ? 0 : fopen("/proc/self/mountinfo", "re");
	while (mounts && !options && getline(&line, &room, mounts) > 0) {
		const char *behind = strstr(line, " - ");
		if (strtol(line, 0, 10) != wanted || !behind)
			continue;
		const char *last = strrchr(behind, ' ');
		options = strdup(last + 1);
		options[strcspn(options, "\n")] = 0;
	}
	free(line);
	if (mounts)
		fclose(mounts);
	return options;
}

/* Whether one of the options, which commas part, begins so; `whole`: is that. */
static int has_option(const char *options, const char *wanted, int whole)
{
	size_t length = strlen(wanted);
	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, wanted, length) == 0 && (!whole || at[length] == ',' || !at[length]))
			return 1;
	}
	return 0;
}

/* Data and metadata are of two layers (composefs). */
static int is_split(const char *options)
{
	const char *lower = strstr(options, "lowerdir=");
	const char *end = lower ? strchrnul(lower, ',') : 0;
	const char *double_colon = lower ? strstr(lower, "::") : 0;
	return (double_colon && double_colon < end) || has_option(options, "datadir+=", 0) || has_option(options, "verity=on", 1) ||
	       has_option(options, "verity=require", 1);
}

/* Answers 0, or why not. */
static const char *why_times_tell_nothing(int file)
{
	struct statfs status;
	int flags;
	if (fstatfs(file, &status))
		return "is on a file system that does not say what it is";
	uint64_t type = (uint64_t)status.f_type & 0xffffffff;
	if (IS_ONE_OF(type, memory_types))
		return 0;
	if (!IS_ONE_OF(type, local_types) && type != OVERLAY_FILE_SYSTEM)
		return "is on a file system whose times do not tell content";
	char *options = options_of(file);
	const char *why = 0;
	if (options && has_option(options, "ro", 1))
		why = "is on a file system that is read-only as a whole, whose times are those of its image (a read-only mount of a writable one serves)";
	else if (type == OVERLAY_FILE_SYSTEM && ((options && is_split(options)) || ioctl(file, FS_IOC_GETFLAGS, &flags)))
		why = "is on an overlay of a file system whose times do not tell content";
	free(options);
	return why;
}
