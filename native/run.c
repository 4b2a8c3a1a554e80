/*
 * run: becomes a program's launcher in the cache of `linkonce run`, where it is there and nothing is to be said or bound.
 *
 *   run WRAPPER run PROGRAM [ARG…]
 *
 * The shell script WRAPPER (`./linkonce`) becomes this, and whatever is not the plain case is the script's again, which starts Node
 * then. So a cached program costs no Node, and its signals, descriptors and limits are never touched. This decides nothing by itself:
 * what a name means is as in src/program/find-program.ts, who is trusted as in src/cli/private-folder.ts, and the cache is that of
 * src/cli/run-cache.ts. Whether the image is still right is asked by the launcher, as ever.
 *
 * A launcher that handed over lately (count.md) is for Node, which binds again or says why not, unless it has said that already.
 */
#define _GNU_SOURCE
#include "plan.h"
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* As a path that grows: -1, and nothing is decided, where it gets too long. */
struct path {
	size_t length;
	char text[PATH_MAX];
};

static int add(struct path *path, const char *text, size_t length)
{
	if (path->length + length >= sizeof path->text)
		return -1;
	memcpy(path->text + path->length, text, length);
	path->text[path->length += length] = 0;
	return 0;
}

static int join(struct path *path, const char *folder, const char *separator, const char *name)
{
	path->length = 0;
	return add(path, folder, strlen(folder)) || add(path, separator, strlen(separator)) ||
	       add(path, name, strlen(name));
}

/* One name more, as path.resolve of Node has it: `..` takes one away without asking what is there. */
static int step(struct path *path, const char *name, size_t length)
{
	if (length == 0 || (length == 1 && *name == '.'))
		return 0;
	if (length == 2 && name[0] == '.' && name[1] == '.') {
		while (path->length > 0 && path->text[--path->length] != '/')
			;
		path->text[path->length] = 0;
		return 0;
	}
	return add(path, "/", 1) || add(path, name, length);
}

static int steps(struct path *path, const char *from, size_t length)
{
	const char *end = from + length;
	while (from < end) {
		const char *slash = memchr(from, '/', (size_t)(end - from));
		size_t part = slash ? (size_t)(slash - from) : (size_t)(end - from);
		if (step(path, from, part))
			return -1;
		from += part + 1;
	}
	return 0;
}

static int resolve(struct path *path, const char *folder, size_t length, const char *name)
{
	char here[PATH_MAX];
	path->length = 0;
	path->text[0] = 0;
	if (*name != '/' && (length == 0 || *folder != '/')) {
		if (!getcwd(here, sizeof here) || *here != '/' || steps(path, here, strlen(here)))
			return -1;
	}
	return (*name != '/' && steps(path, folder, length)) || steps(path, name, strlen(name)) ? -1 : 0;
}

static int is_program(const char *path, struct stat *status)
{
	return stat(path, status) == 0 && S_ISREG(status->st_mode) && access(path, X_OK) == 0;
}

static int find_program(const char *typed, struct path *path, struct stat *status)
{
	if (strchr(typed, '/'))
		return resolve(path, "", 0, typed) || !is_program(path->text, status) ? -1 : 0;
	const char *search = getenv("PATH");
	for (search = search ? search : "";; search++) {
		const char *end = strchrnul(search, ':');
		if (resolve(path, search, (size_t)(end - search), typed) == 0 && is_program(path->text, status))
			return 0;
		if (!*(search = end))
			return -1;
	}
}

/* As private-folder.ts: nobody but this user and root can take away what the folder has of them. */
static int is_safe(const char *folder)
{
	struct stat status;
	if (stat(folder, &status) || (status.st_uid != 0 && status.st_uid != geteuid()))
		return 0;
	if (status.st_mode & S_ISVTX)
		return 1;
	return !(status.st_mode & S_IWOTH) && (!(status.st_mode & S_IWGRP) || status.st_gid == getegid());
}

static int are_parents_safe(const char *folder)
{
	char parent[PATH_MAX];
	strcpy(parent, folder);
	for (char *slash; (slash = strrchr(parent, '/')) && slash != parent;) {
		*slash = 0;
		if (!is_safe(parent))
			return 0;
	}
	return is_safe("/");
}

static int is_private(const char *folder)
{
	struct stat link, status;
	char real[PATH_MAX];
	if (lstat(folder, &link) || link.st_uid != geteuid() || !realpath(folder, real) || lstat(real, &status))
		return 0;
	return S_ISDIR(status.st_mode) && status.st_uid == geteuid() && !(status.st_mode & (S_IWGRP | S_IWOTH)) &&
	       are_parents_safe(folder) && (strcmp(real, folder) == 0 || are_parents_safe(real));
}

static int find_cache(struct path *cache)
{
	const char *given = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct path folder;
	if (given && *given == '/')
		return resolve(&folder, "", 0, given) || join(cache, folder.text, "/", "linkonce");
	return !home || *home != '/' || resolve(&folder, "", 0, home) || join(cache, folder.text, "/", ".cache/linkonce");
}

/* FNV-1a of 64 bits, as variables-digest.ts. */
static uint64_t digest(const char *bytes, size_t length)
{
	uint64_t sum = 0xcbf29ce484222325;
	while (length--)
		sum = (sum ^ (unsigned char)*bytes++) * 0x100000001b3;
	return sum;
}

/* environment.ts: what the linker reads. */
static int is_linker_variable(const char *text)
{
	return strncmp(text, "LD_", 3) == 0 || strncmp(text, "MALLOC_", 7) == 0 ||
	       strncmp(text, "GLIBC_TUNABLES=", 15) == 0;
}

static uint64_t digest_variables(void)
{
	uint64_t sum = 0;
	for (char **variable = environ; *variable; variable++)
		if (is_linker_variable(*variable) && strchr(*variable, '='))
			sum += digest(*variable, strlen(*variable));
	return sum;
}

#define IDENTITY_SIZE 128

/* Device, inode, size and times of a file, as run-cache.ts writes them. */
static void describe(const struct stat *status, char *text)
{
	snprintf(text, IDENTITY_SIZE, "%lu:%lu:%ld:%ld:%ld", status->st_dev, status->st_ino, status->st_size,
		 status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec,
		 status->st_ctim.tv_sec * 1000000000 + status->st_ctim.tv_nsec);
}

/* The loader that stands beside this program: launchers of another one are another installation's, or of before a build. */
static int identify_loader(char *text)
{
	struct path loader;
	struct stat status;
	ssize_t length = readlink("/proc/self/exe", loader.text, sizeof loader.text - sizeof "loader.bin");
	if (length <= 0 || (size_t)length >= sizeof loader.text - sizeof "loader.bin")
		return -1;
	loader.text[length] = 0;
	strcpy(strrchr(loader.text, '/') + 1, "loader.bin");
	if (stat(loader.text, &status))
		return -1;
	describe(&status, text);
	return 0;
}

/* What run-cache.ts names an entry by. */
static int make_key(struct path *key, const char *file)
{
	char loader[IDENTITY_SIZE], rest[2 * IDENTITY_SIZE];
	if (identify_loader(loader))
		return -1;
	snprintf(rest, sizeof rest, "\nimage:data\n%s\n%016lx", loader, digest_variables());
	return join(key, file, "", rest);
}

/* Answers the length; -1 where there is none that this user wrote. */
static ssize_t read_own(const char *folder, const char *name, const char *suffix, char *bytes, size_t size, time_t *written)
{
	struct path path;
	struct stat status;
	if (join(&path, folder, "/", name) || add(&path, suffix, strlen(suffix)))
		return -1;
	int file = open(path.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file < 0)
		return -1;
	int is_own = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid();
	ssize_t length = is_own ? read(file, bytes, size) : -1;
	*written = status.st_mtim.tv_sec;
	close(file);
	return length;
}

/* What was found out holds for an hour; then Node looks again. */
static int is_recent(time_t written)
{
	return time(0) - written < 60 * 60;
}

static int has_line(const char *text, size_t length, const char *line)
{
	size_t size = strlen(line);
	for (const char *end = text + length; text < end;) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t part = stop ? (size_t)(stop - text) : (size_t)(end - text);
		if (part == size && memcmp(text, line, size) == 0)
			return 1;
		text += part + 1;
	}
	return 0;
}

/* Nothing was handed over since it was bound, or for the reason that a person has heard of. */
static int is_settled(const char *generation, const char *name)
{
	union {
		struct hand_over_count head;
		char bytes[COUNT_FILE_SIZE + 1];
	} count;
	char said[16384];
	time_t written;
	if (read_own(generation, name, ".count", count.bytes, sizeof count.bytes, &written) != COUNT_FILE_SIZE ||
	    count.head.magic != COUNT_MAGIC || count.head.version != COUNT_VERSION)
		return 0;
	if (count.head.count == 0)
		return 1;
	count.bytes[COUNT_FILE_SIZE] = 0;
	ssize_t length = read_own(generation, name, ".said", said, sizeof said, &written);
	return length > 0 && is_recent(written) && has_line(said, (size_t)length, (char *)(&count.head + 1));
}

/* `current` names the generation that is in use, a folder beside it. */
static int find_generation(struct path *generation, const char *folder)
{
	struct path link;
	char target[NAME_MAX + 1];
	if (join(&link, folder, "/", "current"))
		return -1;
	ssize_t length = readlink(link.text, target, sizeof target);
	if (length <= 0 || length >= NAME_MAX || *target == '.' || memchr(target, '/', (size_t)length))
		return -1;
	target[length] = 0;
	return join(generation, folder, "/", target);
}

/* Whether it was bound for that, and here. */
static int is_for(const char *generation, const char *name, const struct path *key)
{
	struct path wanted;
	char bound[PATH_MAX];
	return join(&wanted, key->text, "\n", generation) == 0 &&
	       read_own(generation, name, ".key", bound, sizeof bound, &(time_t){ 0 }) == (ssize_t)wanted.length &&
	       memcmp(bound, wanted.text, wanted.length) == 0;
}

/* Returns where it is not the plain case. */
static void start_launcher(const char *folder, const char *name, const struct path *key, char **argv)
{
	struct path generation, launcher;
	struct stat status;
	if (find_generation(&generation, folder) || !is_for(generation.text, name, key) ||
	    !is_settled(generation.text, name))
		return;
	if (join(&launcher, generation.text, "/", name) == 0 && lstat(launcher.text, &status) == 0 &&
	    S_ISREG(status.st_mode) && status.st_uid == geteuid())
		execve(launcher.text, argv, environ);
}

/* Where there can be no launcher of this very file, and a person has heard why. */
static void start_without(const char *folder, const char *file, const struct stat *status, char **argv)
{
	char text[4096], identity[IDENTITY_SIZE];
	time_t written;
	ssize_t length = read_own(folder, "without", "", text, sizeof text, &written);
	describe(status, identity);
	size_t size = strlen(identity);
	if (length > (ssize_t)size && memcmp(text, identity, size) == 0 && text[size] == '\n' && is_recent(written))
		execve(file, argv, environ);
}

static void start(char **argv)
{
	struct path file, cache, key, folder;
	struct stat status;
	char sum[32];
	if (**argv == '-' || !**argv || find_program(*argv, &file, &status) || find_cache(&cache) ||
	    make_key(&key, file.text) || !is_private(cache.text))
		return;
	const char *name = strrchr(file.text, '/') + 1;
	snprintf(sum, sizeof sum, "-%016lx", digest(key.text, key.length));
	if (join(&folder, cache.text, "/", name) || add(&folder, sum, strlen(sum)))
		return;
	start_without(folder.text, file.text, &status, argv);
	start_launcher(folder.text, name, &key, argv);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 126;
	if (argc > 3)
		start(argv + 3);
	argv[0] = "sh";
	argv[2] = "run-by-node";
	execve("/bin/sh", argv, environ);
	perror("linkonce: /bin/sh");
	return 126;
}
