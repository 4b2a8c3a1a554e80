/*
 * A program for tools to watch: it says that it is there, and computes in two functions, one of a library, until its input
 * ends. Like any program it uses the heap.
 */
#include "any-glibc.h"
#include "watched.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ROUNDS 2000

unsigned watched_in_program(unsigned value)
{
	for (volatile unsigned round = 0; round < ROUNDS; round++)
		value += round;
	return watched_in_library(value) + 1;
}

int main(void)
{
	struct pollfd input = { STDIN_FILENO, POLLIN, 0 };
	unsigned *value = malloc(sizeof *value);
	if (!value)
		return 1;
	/* Any process of this user may attach. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	puts("ready");
	fflush(stdout);
	for (*value = 1; poll(&input, 1, 0) == 0;)
		*value = watched_in_program(*value);
	printf("%u\n", *value);
	free(value);
	return 0;
}
