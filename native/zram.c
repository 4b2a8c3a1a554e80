/*
 * zram: pages processes out to a swap of its own that the kernel compresses (zram), and reads them back. It is a process of its own so that
 * the swap goes away however its caller ends: standard input is at its end then, and no signal of a terminal is heard.
 *
 * Standard output begins with `ready COMPRESSOR`, or with `refused REASON` where this machine has no such swap for us (exit status 1).
 * Standard input is a question a line, each with an answer of a line on standard output:
 *
 *   out PID    pages out what is this process's alone; answer: the pages of it that are out
 *   back PID   reads them back; answer: what that took of the processor, nanoseconds
 *   state      answer: the bytes that zram was given, what they are compressed to, and what it takes for them (mm_stat)
 *
 * At the end of standard input the swap is taken away, and the exit status is 0; 1, with a line on standard error, where it stays.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "zram-device.h"
#include "zram-pages.h"

static void answer(const char *line)
{
	char command[16];
	int pid = 0;
	if (sscanf(line, "%15s %d", command, &pid) < 1)
		return;
	if (strcmp(command, "out") == 0)
		printf("%ld\n", page_out(pid));
	else if (strcmp(command, "back") == 0)
		printf("%lld\n", (long long)read_back(pid));
	else
		print_state();
}

int main(void)
{
	char line[64];
	const int unheard[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	for (size_t index = 0; index < sizeof unheard / sizeof *unheard; index++)
		signal(unheard[index], SIG_IGN);
	setvbuf(stdout, 0, _IOLBF, 0);
	if (!create_swap())
		return 1;
	while (fgets(line, sizeof line, stdin))
		answer(line);
	return remove_swap() ? 0 : 1;
}
