/* Whether a file is the one that a row of the plan names. */
#pragma once
#include "plan.h"

#define IS_SAME_FILE(now, row)                                                                                          \
	((now)->st_dev == (row)->device && (now)->st_ino == (row)->inode && (uint64_t)(now)->st_size == (row)->size &&  \
	 (int64_t)(now)->st_mtime == (row)->mtime_seconds && (now)->st_mtime_nsec == (row)->mtime_nanoseconds &&        \
	 (int64_t)(now)->st_ctime == (row)->ctime_seconds && (now)->st_ctime_nsec == (row)->ctime_nanoseconds)
