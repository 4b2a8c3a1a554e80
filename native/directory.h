/* Files of one directory stand together in the plan, and are looked up from it. */
#pragma once
#include "start.h"

struct directory {
	/* Its path in the plan's strings; 0: none is open. */
	uint32_t name;
	/* For the calls that take a directory. */
	int file;
};

static void leave_directory(struct directory *directory)
{
	if (directory->name && directory->file >= 0)
		call1(__NR_close, directory->file);
}

/* Answers 0, or what the kernel said. An empty name is no directory: paths are whole then. */
static long enter_directory(struct directory *directory, const struct plan *plan, uint32_t name)
{
	const char *path = plan_string(plan, name);
	if (name == directory->name)
		return directory->file < 0 && *path ? directory->file : 0;
	leave_directory(directory);
	directory->name = *path ? name : 0;
	directory->file = *path ? open_file(path, O_PATH | O_DIRECTORY) : AT_FDCWD;
	return *path && directory->file < 0 ? directory->file : 0;
}
