/*
 * enter: becomes a program of this machine in a process whose root is another folder, of which nothing changes by that.
 *
 *   enter ROOT PROGRAM [ARG…]
 *
 * The mounts are those of this process and its children (mount_namespaces(7)): the kernel takes them away with the last of these, however
 * they end. ROOT becomes `/` by pivot_root(2), which leaves the old root below a folder in it. That is one in a tmpfs over its `dev`, which
 * has to be one of a few devices anyway: nothing is made in ROOT itself. PROGRAM and ARG… are as they are to be named there. Who may not
 * mount is root of a user namespace of its own, in which all that is this user's is root's.
 *
 * One line on standard error and exit status 1 where that is not permitted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Below `/dev`; the first two as src/cli/enter-root.ts has them. */
#define OLD_ROOT ".linkonce/root"
#define TEMPORARY ".linkonce/tmp"

static const char *root;

static void fail(const char *format, ...)
{
	const char *reason = strerror(errno);
	va_list values;
	fprintf(stderr, "linkonce: %s: ", root);
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fprintf(stderr, " (%s)\n", reason);
	exit(1);
}

static void require(int is_done, const char *what)
{
	if (!is_done)
		fail("%s", what);
}

static void write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	require(file >= 0 && write(file, text, strlen(text)) >= 0, path);
	close(file);
}

/* user_namespaces(7): a group is mapped only by who has given setgroups(2) up. */
static void become_own_root(void)
{
	char users[64], groups[64];
	snprintf(users, sizeof users, "0 %u 1\n", geteuid());
	snprintf(groups, sizeof groups, "0 %u 1\n", getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		fail("this user may not enter it: be root, or let users have user namespaces (sysctl user.max_user_namespaces, "
		     "kernel.unprivileged_userns_clone)");
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", users);
	write_file("/proc/self/gid_map", groups);
}

static void leave_mounts(void)
{
	if (unshare(CLONE_NEWNS)) {
		if (errno != EPERM)
			fail("this process may have no mounts of its own");
		become_own_root();
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		fail("this user may not mount anything, not even for this process: be root");
}

/* A link in ROOT would lead out of it. */
static void enter_folder(const char *name)
{
	int folder = open(name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0 || fchdir(folder))
		fail("has no folder %s to mount something on: mkdir it", name);
	close(folder);
}

/* The working directory is the root that will be; what is mounted at a path shows when the path is walked again. */
static void bind_root(void)
{
	require(mount(root, root, NULL, MS_BIND | MS_REC, NULL) == 0, "cannot be mounted on itself");
	require(chdir(root) == 0, "cannot be entered");
}

static void mount_processes(void)
{
	enter_folder("proc");
	require(mount("/proc", ".", NULL, MS_BIND | MS_REC, NULL) == 0, "/proc cannot be mounted in it");
	require(chdir(root) == 0, "cannot be entered");
}

static void show_device(const char *name)
{
	char source[64];
	snprintf(source, sizeof source, "/dev/%s", name);
	int file = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	require(file >= 0, "a device cannot be shown in it");
	close(file);
	/* A machine may lack one. */
	if (mount(source, name, NULL, MS_BIND, NULL))
		unlink(name);
}

static void mount_devices(void)
{
	static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
	enter_folder("dev");
	require(mount("none", ".", "tmpfs", MS_NOSUID, "mode=0755") == 0, "no tmpfs can be mounted in it");
	require(chdir(root) == 0 && chdir("dev") == 0, "cannot be entered");
	for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
		show_device(devices[i]);
	require(symlink("/proc/self/fd", "fd") == 0 && symlink("/proc/self/fd/0", "stdin") == 0 &&
			symlink("/proc/self/fd/1", "stdout") == 0 && symlink("/proc/self/fd/2", "stderr") == 0 &&
			mkdir("shm", 01777) == 0 && mkdir(".linkonce", 0755) == 0 && mkdir(OLD_ROOT, 0755) == 0 &&
			mkdir(TEMPORARY, 0700) == 0,
		"its devices cannot be made");
	require(chdir(root) == 0, "cannot be entered");
}

int main(int count, char **arguments)
{
	if (count < 3)
		return 2;
	root = arguments[1];
	/* Modes are as they are written here. */
	mode_t mask = umask(0);
	leave_mounts();
	bind_root();
	mount_processes();
	mount_devices();
	if (syscall(SYS_pivot_root, ".", "dev/" OLD_ROOT))
		fail("cannot become the root: the root of this process is that of an initramfs, or of chroot(2)");
	require(chdir("/") == 0, "cannot be entered");
	umask(mask);
	execv(arguments[2], arguments + 2);
	fail("%s cannot be started in it", arguments[2]);
}
