/* What the loader needs of Linux on any machine, and the few functions of strings. */
#pragma once
#include "x86-64.h"
#include <linux/auxvec.h>
#include <linux/elf.h>
#include <linux/prctl.h>
#include <linux/time.h>

/* asm-generic/errno-base.h */
#define ENOENT 2
#define ENOMEM 12
#define EACCES 13
#define EEXIST 17
#define ENOTDIR 20
#define ENFILE 23
#define EMFILE 24
#define ENODATA 61

/* linux/fcntl.h, sys/mman.h, sys/stat.h */
#define AT_FDCWD -100
#define AT_EMPTY_PATH 0x1000
#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_SHARED 0x01
#define MAP_PRIVATE 0x02
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define MAP_FIXED_NOREPLACE 0x100000
#define S_IFMT 0170000
#define S_IFDIR 0040000
#define S_IFREG 0100000
#define GROUP_OR_OTHER_WRITES 0022
/* asm-generic/mman-common.h, linux/pidfd.h */
#define MADV_POPULATE_WRITE 23
#define PIDFD_SELF_PROCESS -10001
/* sys/resource.h */
#define RLIMIT_STACK 3
#define RLIM_INFINITY (~0ull)
/* linux/sched.h, linux/wait.h */
#define CLONE_VM 0x00000100ul
#define CLONE_VFORK 0x00004000ul
#define CLONE_NEWUSER 0x10000000ul
#define __WALL 0x40000000
/* linux/random.h */
#define GRND_NONBLOCK 1
/* asm-generic/signal.h */
#define SA_SIGINFO 4
#define SA_NODEFER 0x40000000ul
#define SIG_UNBLOCK 1

#define call1(n, a) system_call(n, (long)(a), 0, 0, 0, 0, 0)
#define call2(n, a, b) system_call(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define call3(n, a, b, c) system_call(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define call4(n, a, b, c, d) system_call(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define call5(n, a, b, c, d, e) system_call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

static inline int failed(long result)
{
	return (unsigned long)result > -4096ul;
}

static inline long map(uint64_t address, uint64_t length, int protection, int flags, int file, uint64_t offset)
{
	return system_call(__NR_mmap, (long)address, (long)length, protection, flags, file, (long)offset);
}

/* As glibc asks: filters of system calls know these, and not their older forms open, stat and fstat. */
static inline int open_file(const char *path, int flags)
{
	return (int)call4(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
}

static inline long status_of_path(const char *path, struct stat *status)
{
	return call4(__NR_newfstatat, AT_FDCWD, path, status, 0);
}

static inline long status_of_file(int file, struct stat *status)
{
	return call4(__NR_newfstatat, file, "", status, AT_EMPTY_PATH);
}

static uint64_t page_down(uint64_t value)
{
	return value & ~(PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t value)
{
	return page_down(value + PAGE_SIZE - 1);
}

static inline size_t string_length(const char *s)
{
	size_t n = 0;
	while (s[n])
		n++;
	return n;
}

static inline int same_string(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static inline int begins_with(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return 0;
	return 1;
}

static inline int same_bytes(const char *a, const char *b, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (a[i] != b[i])
			return 0;
	return 1;
}
