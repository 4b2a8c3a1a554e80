/*
 * asker: starts programs that only say how a start would go (image/ask-launcher.ts), several at a time, and hands on what each said.
 *
 *   asker DESCRIPTORS AT_ONCE MILLISECONDS
 *
 * Whoever asks may have gigabytes, and a fork of such a process takes as long as thirty launchers take to answer; this one has nothing,
 * and posix_spawn(3) copies nothing.
 *
 * Standard input has the questions, each a list of strings with closing zeros: the file to execute, the environment, and an empty string.
 * The descriptors from 3 on, so many as DESCRIPTORS says, are files that are executed. Standard output has an answer for each question, as
 * they come: `struct answer`, what it wrote to its standard output, and to its standard error. One that takes longer than MILLISECONDS is
 * killed, and has the error ETIME. Exit status 0, or 1 where there are no answers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_AT_ONCE 64
/* An asked launcher says one line. What is longer is read, and lost. */
#define LONGEST_TEXT 4096
/* How often it is looked whether one that closed its streams has ended, milliseconds. */
#define GLANCE 1
#define FIRST_FILE 3

/* What asker-protocol.ts reads. */
struct answer {
	int32_t question;
	/* errno of a start that failed; else 0. */
	int32_t error;
	/* As wait(2) has it. */
	int32_t status;
	int32_t out, err;
};

struct text {
	int stream;
	int length;
	char bytes[LONGEST_TEXT];
};

struct child {
	int question;
	pid_t pid; /* 0: this place is free */
	int64_t deadline;
	int is_late;
	struct text out, err;
};

static struct child children[MOST_AT_ONCE];
static char *input, *input_end, *next_question;
static int question_count;

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static void need(int is_well)
{
	if (!is_well)
		_exit(1);
}

static void write_all(const void *bytes, size_t length)
{
	for (const char *at = bytes; length > 0;) {
		ssize_t written = write(1, at, length);
		if (written < 0 && errno == EINTR)
			continue;
		need(written > 0);
		at += written;
		length -= (size_t)written;
	}
}

static void read_input(void)
{
	size_t room = 0, length = 0;
	for (;;) {
		if (length == room)
			need((input = realloc(input, room = room * 2 + 65536)) != 0);
		ssize_t got = read(0, input + length, room - length);
		if (got < 0 && errno == EINTR)
			continue;
		need(got >= 0);
		if (got == 0)
			break;
		length += (size_t)got;
	}
	input_end = input + length;
	need(length == 0 || input_end[-1] == 0);
	next_question = input;
}

static void answer(const struct child *child, int error, int status)
{
	struct answer head = { child->question, error, status, child->out.length, child->err.length };
	write_all(&head, sizeof head);
	write_all(child->out.bytes, (size_t)child->out.length);
	write_all(child->err.bytes, (size_t)child->err.length);
}

/* The strings of the next question: the file first, then the environment, ended by 0. The caller frees them. */
static char **take_question(void)
{
	size_t count = 0, room = 64;
	char **strings = malloc(room * sizeof *strings);
	need(strings != 0);
	for (; next_question < input_end && *next_question != 0; next_question += strlen(next_question) + 1) {
		if (count + 1 == room)
			need((strings = realloc(strings, (room *= 2) * sizeof *strings)) != 0);
		strings[count++] = next_question;
	}
	next_question++;
	strings[count] = 0;
	need(count > 0);
	return strings;
}

static int spawn_with(struct child *child, char **strings, const int *out, const int *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t all, none;
	char *argv[] = { strings[0], 0 };
	sigfillset(&all);
	sigemptyset(&none);
	need(posix_spawn_file_actions_init(&actions) == 0 && posix_spawnattr_init(&attributes) == 0);
	need(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0);
	need(posix_spawn_file_actions_adddup2(&actions, out[1], 1) == 0);
	need(posix_spawn_file_actions_adddup2(&actions, err[1], 2) == 0);
	need(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) == 0);
	need(posix_spawnattr_setsigdefault(&attributes, &all) == 0);
	need(posix_spawnattr_setsigmask(&attributes, &none) == 0);
	int error = posix_spawn(&child->pid, strings[0], &actions, &attributes, argv, strings + 1);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return error;
}

static void start(struct child *child, int64_t patience)
{
	int out[2], err[2];
	char **strings = take_question();
	need(pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
	child->question = question_count++;
	child->deadline = now() + patience;
	child->is_late = 0;
	child->out.length = child->err.length = 0;
	child->out.stream = out[0];
	child->err.stream = err[0];
	int error = spawn_with(child, strings, out, err);
	free(strings);
	close(out[1]);
	close(err[1]);
	if (error == 0)
		return;
	child->pid = 0;
	close(out[0]);
	close(err[0]);
	answer(child, error, 0);
}

/* Takes what is there; closes the stream at its end. */
static void take_text(struct text *text)
{
	char lost[LONGEST_TEXT];
	int room = LONGEST_TEXT - text->length;
	ssize_t got = room > 0 ? read(text->stream, text->bytes + text->length, (size_t)room)
			       : read(text->stream, lost, sizeof lost);
	if (got < 0 && errno == EINTR)
		return;
	if (got > 0 && room > 0)
		text->length += (int)got;
	if (got > 0)
		return;
	close(text->stream);
	text->stream = -1;
}

/* Ends what has ended, and kills what is late. */
static void look_after(struct child *child)
{
	int status;
	if (!child->is_late && now() >= child->deadline) {
		child->is_late = 1;
		kill(child->pid, SIGKILL);
	}
	/* What a child of it still holds open is not waited for. */
	int is_silent = child->out.stream < 0 && child->err.stream < 0;
	if ((!is_silent && !child->is_late) || waitpid(child->pid, &status, WNOHANG) != child->pid)
		return;
	if (child->out.stream >= 0)
		close(child->out.stream);
	if (child->err.stream >= 0)
		close(child->err.stream);
	answer(child, child->is_late ? ETIME : 0, status);
	child->pid = 0;
}

/* Waits for news of any child; one whose streams are closed is about to end. */
static void await_news(void)
{
	struct pollfd streams[2 * MOST_AT_ONCE];
	struct text *texts[2 * MOST_AT_ONCE];
	int count = 0, wait = -1;
	for (struct child *child = children; child < children + MOST_AT_ONCE; child++) {
		if (child->pid == 0)
			continue;
		struct text *both[] = { &child->out, &child->err };
		for (int index = 0; index < 2; index++)
			if (both[index]->stream >= 0) {
				streams[count] = (struct pollfd){ both[index]->stream, POLLIN, 0 };
				texts[count++] = both[index];
			}
		int64_t left = child->deadline - now();
		int is_ending = child->is_late || (child->out.stream < 0 && child->err.stream < 0);
		int longest = is_ending || left < GLANCE ? GLANCE : (int)left;
		if (wait < 0 || longest < wait)
			wait = longest;
	}
	if (poll(streams, (nfds_t)count, wait) <= 0)
		return;
	for (int index = 0; index < count; index++)
		if (streams[index].revents != 0)
			take_text(texts[index]);
}

/* Of children that go on; those who wait for an end are looked after at once. */
static int start_and_look(int at_once, int64_t patience)
{
	int running = 0;
	for (struct child *child = children; child < children + at_once; child++) {
		if (child->pid != 0)
			look_after(child);
		while (child->pid == 0 && next_question < input_end)
			start(child, patience);
		running += child->pid != 0;
	}
	return running;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 1;
	int files = atoi(argv[1]), at_once = atoi(argv[2]);
	need(at_once > 0);
	for (int file = FIRST_FILE; file < FIRST_FILE + files; file++)
		need(fcntl(file, F_SETFD, FD_CLOEXEC) == 0);
	read_input();
	while (start_and_look(at_once < MOST_AT_ONCE ? at_once : MOST_AT_ONCE, atoi(argv[3])) > 0)
		await_news();
	return 0;
}
