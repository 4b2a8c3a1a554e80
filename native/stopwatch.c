/*
 * stopwatch: runs commands in turn and times each from fork to death, in C, because a process started from Node costs more
 * than most programs' whole start-up.
 *
 * The rounds are interleaved (A B C A B C …), so that whatever changes on the machine in the meantime meets all commands
 * alike. Each round begins with a run of the first command that does not count; where starts shall be cold, the kernel is told instead
 * before each run to forget what it has of files (proc_sys_vm(5), drop_caches), which it does of all that no process maps. The standard streams of a command are
 * /dev/null. Each is the leader of its own process group, and what is left of the group is killed when the leader has ended.
 *
 * Standard input is the job, a sequence of strings that end with a NUL each; numbers are decimal:
 *
 *   "linkonce-stopwatch-2"   what this is
 *   warm-up                  rounds that are run and reported but that come before round 0
 *   rounds
 *   limit                    milliseconds that a run may take
 *   cold                     1: starts shall be cold; else 0
 *   commands                 their number, and for each:
 *     file                     path of the executable, as for execve(2)
 *     argc, argv…              their number, then the strings
 *     envc, envp…
 *
 * Standard output has one line a run, written after its round:
 *
 *   round command ns status minor-faults major-faults
 *
 * where warm-up rounds are negative, commands count from 0, `ns` is CLOCK_MONOTONIC from before vfork(2) until the process
 * is a zombie (its memory is gone by then), the faults are those of getrusage(2), and `status` is `exit:N`, `signal:N`,
 * `timeout` (it was killed at its limit) or `failed:ERRNO` (it could not be executed).
 *
 * Exit status: 0 when every run was made, 2 with one line on the standard error stream for a job that cannot be read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct command {
	const char *file;
	char **argv;
	char **envp;
};

struct job {
	long warmup;
	long rounds;
	long limit_ms;
	long is_cold;
	long count;
	struct command *commands;
};

struct run {
	long long ns;
	int status; /* of wait(2) */
	int exec_errno; /* 0 when the program was executed */
	int timed_out;
	long minor_faults;
	long major_faults;
};

/* What is not yet read of the job. */
struct input {
	char *next;
	char *end;
};

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("stopwatch: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(2);
}

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);
	if (memory == NULL)
		give_up("out of memory");
	return memory;
}

/* ---- the job ---- */

static struct input read_standard_input(void)
{
	size_t length = 0, room = 1 << 16;
	char *bytes = allocate(room, 1);
	for (;;) {
		ssize_t got = read(STDIN_FILENO, bytes + length, room - length);
		if (got < 0)
			give_up("standard input: %s", strerror(errno));
		if (got == 0)
			return (struct input){bytes, bytes + length};
		length += (size_t)got;
		if (length < room)
			continue;
		room *= 2;
		bytes = realloc(bytes, room);
		if (bytes == NULL)
			give_up("out of memory");
	}
}

static char *next_string(struct input *input)
{
	char *string = input->next;
	char *nul = memchr(string, 0, (size_t)(input->end - string));
	if (nul == NULL)
		give_up("the job ends too early");
	input->next = nul + 1;
	return string;
}

static long next_number(struct input *input, const char *name, long most)
{
	char *end;
	const char *string = next_string(input);
	errno = 0;
	long number = strtol(string, &end, 10);
	if (errno != 0 || end == string || *end != 0 || number < 0 || number > most)
		give_up("%s: '%s' is no number from 0 to %ld", name, string, most);
	return number;
}

/* A counted list, with the null pointer at its end that execve(2) wants. */
static char **next_strings(struct input *input, const char *name)
{
	long count = next_number(input, name, 1000000);
	char **strings = allocate((size_t)count + 1, sizeof *strings);
	for (long i = 0; i < count; i++)
		strings[i] = next_string(input);
	return strings;
}

static struct job read_job(void)
{
	struct input input = read_standard_input();
	if (strcmp(next_string(&input), "linkonce-stopwatch-2") != 0)
		give_up("standard input is no job of version 2");
	struct job job = {
		.warmup = next_number(&input, "warm-up", 1000000),
		.rounds = next_number(&input, "rounds", 1000000),
		.limit_ms = next_number(&input, "limit", 86400000),
		.is_cold = next_number(&input, "cold", 1),
		.count = next_number(&input, "commands", 100000),
	};
	job.commands = allocate((size_t)job.count + 1, sizeof *job.commands);
	for (long i = 0; i < job.count; i++) {
		job.commands[i].file = next_string(&input);
		job.commands[i].argv = next_strings(&input, "argc");
		job.commands[i].envp = next_strings(&input, "envc");
	}
	if (input.next != input.end)
		give_up("the job goes on after its last command");
	return job;
}

/* ---- one run ---- */

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/*
 * The child's part between vfork and execve. It borrows the parent's memory: it calls the kernel only, and writes nothing
 * but `*failure`. It dies with the stopwatch.
 */
__attribute__((noreturn)) static void become(const struct command *command, int null, volatile int *failure)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	for (int stream = 0; stream < 3; stream++)
		dup2(null, stream);
	execve(command->file, command->argv, command->envp);
	*failure = errno;
	_exit(127);
}

/* Waits until the process is a zombie; kills it at the limit. Returns whether that was needed. */
static int await_death(pid_t child, int limit_ms)
{
	/* A child that is not reaped keeps its id: no race. */
	int descriptor = (int)syscall(SYS_pidfd_open, child, 0);
	if (descriptor < 0)
		give_up("pidfd_open: %s (Linux 5.3 has it)", strerror(errno));
	struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
	int timed_out = TEMP_FAILURE_RETRY(poll(&wanted, 1, limit_ms)) == 0;
	if (timed_out) {
		kill(child, SIGKILL);
		TEMP_FAILURE_RETRY(poll(&wanted, 1, -1));
	}
	close(descriptor);
	return timed_out;
}

static struct run run_once(const struct command *command, int null, long limit_ms)
{
	struct run run = {0};
	struct rusage usage;
	volatile int failure = 0;
	long long begin = now();
	pid_t child = vfork();
	if (child == 0)
		become(command, null, &failure);
	if (child < 0)
		give_up("vfork: %s", strerror(errno));
	run.timed_out = await_death(child, (int)limit_ms);
	run.ns = now() - begin;
	kill(-child, SIGKILL); /* what it started and left; the zombie still holds the group's id */
	if (wait4(child, &run.status, 0, &usage) != child)
		give_up("wait4: %s", strerror(errno));
	run.exec_errno = failure;
	run.minor_faults = usage.ru_minflt;
	run.major_faults = usage.ru_majflt;
	return run;
}

/* ---- the rounds ---- */

static void print_status(const struct run *run)
{
	if (run->exec_errno != 0)
		printf("failed:%d", run->exec_errno);
	else if (run->timed_out)
		printf("timeout");
	else if (WIFSIGNALED(run->status))
		printf("signal:%d", WTERMSIG(run->status));
	else
		printf("exit:%d", WEXITSTATUS(run->status));
}

static void print_round(long round, const struct run *runs, long count)
{
	for (long i = 0; i < count; i++) {
		printf("%ld %ld %lld ", round, i, runs[i].ns);
		print_status(&runs[i]);
		printf(" %ld %ld\n", runs[i].minor_faults, runs[i].major_faults);
	}
	if (fflush(stdout) != 0)
		give_up("standard output: %s", strerror(errno));
}

/*
 * Who reads the lines of the last round wakes up when they are written, and takes a processor and its caches for a while: a
 * third was added to the first command's millisecond. A run that does not count meets that in its place.
 */
static void settle(const struct job *job, int null)
{
	if (job->count > 0 && !job->is_cold)
		run_once(&job->commands[0], null, job->limit_ms);
}

/* What has not been written yet stays: sync(2) comes first. 3: pages of files, and what is known of folders and inodes. */
static void forget_files(void)
{
	sync();
	int file = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	if (file < 0 || write(file, "3", 1) != 1)
		give_up("/proc/sys/vm/drop_caches: %s", strerror(errno));
	close(file);
}

static struct run run_in_turn(const struct job *job, long command, int null)
{
	if (job->is_cold)
		forget_files();
	return run_once(&job->commands[command], null, job->limit_ms);
}

int main(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct job job = read_job();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 3)
		give_up("/dev/null: %s", null < 0 ? strerror(errno) : "a standard stream is closed");
	struct run *runs = allocate((size_t)job.count + 1, sizeof *runs);
	for (long round = -job.warmup; round < job.rounds; round++) {
		settle(&job, null);
		for (long i = 0; i < job.count; i++)
			runs[i] = run_in_turn(&job, i, null);
		print_round(round, runs, job.count);
	}
	return 0;
}
