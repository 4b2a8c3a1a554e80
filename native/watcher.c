/*
 * watcher: notes which modules a process opens, or which programs a run starts. ld.so loads it as an auditor (rtld-audit(7)), into a namespace of its own, and tells it of
 * each module. It calls no library, so that nothing else comes with it.
 *
 * LINKONCE_WATCHED is the program, as /proc/self/exe has it: other programs, which this one may start, are not watched; or `/`: every
 * program is followed, but not what it opens.
 * LINKONCE_NOTES is the file to which every process appends its notes: a kind, the path of a module, a zero byte.
 *
 *   S  a process of the program has its modules, and starts
 *   +  a module was mapped that the program did not start with
 *   -  it is unmapped again before the end: the program closed it, or ld.so gave up in the middle of opening it
 *
 * Of each program that is followed, in the order of its process; each begins with the process's number and a space:
 *
 *   P  it starts: the number of the process's parent, a space, and the program's file
 *   X  the path by which it was executed
 *   V  a variable that linkers read
 *   E  it ends: the microseconds of processor time that the process took
 *
 * Whatever fails here, the program goes on as it would.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define EXPORTED __attribute__((visibility("default")))
#define LONGEST_PATH 4096
/* Out of the way of a program that counts on the lowest numbers. */
#define FIRST_DESCRIPTOR 200

static char notes_path[LONGEST_PATH];
static int notes = -1;
static struct stat notes_status;
static int is_started, is_ended, is_following;

static long call(long number, long a, long b, long c, long d)
{
	long result;
	register long r10 __asm__("r10") = d;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

static int open_file(const char *path, int flags)
{
	return (int)call(SYS_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, 0);
}

static int has_status(int file, struct stat *status)
{
	return file >= 0 && call(SYS_newfstatat, file, (long)"", (long)status, AT_EMPTY_PATH) == 0;
}

static int open_notes(void)
{
	int low = open_file(notes_path, O_WRONLY | O_APPEND);
	if (low < 0)
		return low;
	int high = (int)call(SYS_fcntl, low, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR, 0);
	call(SYS_close, low, 0, 0, 0);
	return high;
}

/* Programs close descriptors that they do not know, and may get the same number for a file of theirs. */
static int usable_notes(void)
{
	struct stat now;
	int is_ours = has_status(notes, &now) && now.st_dev == notes_status.st_dev && now.st_ino == notes_status.st_ino;
	if (!is_ours)
		notes = open_notes();
	return notes;
}

/* Bytes that were copied; a text that is too long is cut. */
static size_t copy(char *to, const char *from)
{
	size_t length = 0;
	while (from[length] != 0 && length < LONGEST_PATH - 1) {
		to[length] = from[length];
		length++;
	}
	return length;
}

/* One write, so that notes of several processes do not mix. A relative path counts from where the process is now. */
static void note(char kind, const char *name)
{
	static char text[2 * LONGEST_PATH + 4];
	size_t length = 0;
	text[length++] = kind;
	if (name[0] != 0 && name[0] != '/') {
		long with_zero = call(SYS_getcwd, (long)(text + 1), LONGEST_PATH, 0, 0);
		if (with_zero <= 0 || text[1] != '/')
			return;
		length += (size_t)with_zero - 1;
		text[length++] = '/';
	}
	length += copy(text + length, name);
	text[length++] = 0;
	int file = usable_notes();
	if (file >= 0)
		call(SYS_write, file, (long)text, (long)length, 0);
}

static size_t write_number(char *to, unsigned long value)
{
	char digits[24];
	size_t count = 0, at = 0;
	do
		digits[count++] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	while (count > 0)
		to[at++] = digits[--count];
	return at;
}

/* A note about this process; `number`, where it is not negative, stands before the text. */
static void note_process(char kind, long number, const char *value)
{
	static char text[2 * LONGEST_PATH];
	size_t length = 0;
	text[length++] = kind;
	length += write_number(text + length, (unsigned long)call(SYS_getpid, 0, 0, 0, 0));
	text[length++] = ' ';
	if (number >= 0) {
		length += write_number(text + length, (unsigned long)number);
		text[length++] = ' ';
	}
	length += copy(text + length, value);
	text[length++] = 0;
	int file = usable_notes();
	if (file >= 0)
		call(SYS_write, file, (long)text, (long)length, 0);
}

/* The next byte of a file; -1 at its end. */
static int next_byte(int file)
{
	static unsigned char bytes[4096];
	static long next, end;
	if (next == end) {
		next = 0;
		end = call(SYS_read, file, (long)bytes, sizeof bytes, 0);
		if (end <= 0) {
			end = 0;
			return -1;
		}
	}
	return bytes[next++];
}

/* The next text of /proc/self/environ, cut where it is too long; 0 behind the last. */
static int next_variable(int file, char *text, size_t room)
{
	size_t length = 0;
	int byte;
	while ((byte = next_byte(file)) > 0)
		if (length < room - 1)
			text[length++] = (char)byte;
	text[length] = 0;
	return byte == 0 || length > 0;
}

static const char *value_in(const char *variable, const char *name)
{
	while (*name != 0 && *variable == *name)
		variable++, name++;
	return *name == 0 && *variable == '=' ? variable + 1 : 0;
}

/* Of this process, as the kernel has it: an auditor gets none. */
static int read_variables(char *watched)
{
	static char text[LONGEST_PATH + 32];
	int file = open_file("/proc/self/environ", O_RDONLY);
	if (file < 0)
		return 0;
	while (next_variable(file, text, sizeof text)) {
		const char *program = value_in(text, "LINKONCE_WATCHED");
		const char *path = value_in(text, "LINKONCE_NOTES");
		if (program)
			watched[copy(watched, program)] = 0;
		if (path)
			notes_path[copy(notes_path, path)] = 0;
	}
	call(SYS_close, file, 0, 0, 0);
	return watched[0] == '/' && notes_path[0] == '/';
}

static int is_linker_variable(const char *text)
{
	static const char *const classes[] = { "LD_", "MALLOC_", "GLIBC_TUNABLES=" };
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		const char *name = classes[i], *at = text;
		while (*name != 0 && *at == *name)
			at++, name++;
		if (*name == 0)
			return 1;
	}
	return 0;
}

static void note_variables(void)
{
	static char text[LONGEST_PATH + 32];
	int file = open_file("/proc/self/environ", O_RDONLY);
	if (file < 0)
		return;
	while (next_variable(file, text, sizeof text))
		if (is_linker_variable(text))
			note_process('V', -1, text);
	call(SYS_close, file, 0, 0, 0);
}

/* AT_EXECFN. */
static const char *executed_path(void)
{
	static ElfW(auxv_t) vector[64];
	int file = open_file("/proc/self/auxv", O_RDONLY);
	long got = file < 0 ? 0 : call(SYS_read, file, (long)vector, sizeof vector, 0);
	if (file >= 0)
		call(SYS_close, file, 0, 0, 0);
	for (long i = 0; i < got / (long)sizeof *vector; i++)
		if (vector[i].a_type == AT_EXECFN)
			return (const char *)vector[i].a_un.a_val;
	return "";
}

static void note_program(const char *program)
{
	note_process('P', call(SYS_getppid, 0, 0, 0, 0), program);
	note_process('X', -1, executed_path());
	note_variables();
}

static void note_end(void)
{
	struct rusage usage;
	if (call(SYS_getrusage, RUSAGE_SELF, (long)&usage, 0, 0) == 0)
		note_process('E', (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec, "");
}

static char program[LONGEST_PATH];

static int is_watched(void)
{
	static char watched[LONGEST_PATH];
	if (!read_variables(watched))
		return 0;
	if (call(SYS_readlink, (long)"/proc/self/exe", (long)program, sizeof program - 1, 0) <= 0)
		return 0;
	is_following = watched[1] == 0;
	if (is_following)
		return 1;
	size_t at = 0;
	while (watched[at] != 0 && watched[at] == program[at])
		at++;
	return watched[at] == program[at];
}

/* Answers 0 where ld.so shall go on without it. */
EXPORTED unsigned int la_version(unsigned int version)
{
	if (!is_watched())
		return 0;
	notes = open_notes();
	if (!has_status(notes, &notes_status))
		return 0;
	if (is_following)
		note_program(program);
	return version;
}

EXPORTED void la_preinit(uintptr_t *cookie)
{
	(void)cookie;
	is_started = 1;
	if (!is_following)
		note('S', "");
}

/* Answers that no binding of a symbol is of interest: calls go their usual way. */
EXPORTED unsigned int la_objopen(struct link_map *map, Lmid_t namespace, uintptr_t *cookie)
{
	int is_program = !is_started && namespace == LM_ID_BASE && map->l_name[0] == 0;
	int is_opened = is_started && namespace == LM_ID_BASE;
	*cookie = is_opened || is_program ? (uintptr_t)map : 0;
	if (is_opened && !is_following)
		note('+', map->l_name);
	return 0;
}

/* When a program ends, ld.so closes everything, the program itself first. */
EXPORTED unsigned int la_objclose(uintptr_t *cookie)
{
	const struct link_map *map = (const struct link_map *)*cookie;
	if (map && map->l_name[0] == 0 && !is_ended) {
		is_ended = 1;
		if (is_following)
			note_end();
	}
	if (map && !is_ended && !is_following)
		note('-', map->l_name);
	return 0;
}
