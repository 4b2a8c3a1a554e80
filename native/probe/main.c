/*
 * The probe: `probe CALLS REPETITIONS`. CALLS is how many calls a timed loop makes, a multiple of 16; each loop, and each cold
 * walk, is timed so often.
 *
 * Standard output has lines `name value…`:
 *
 *   checksum HEX        what a constant number of calls of each kind computed; the same however the probe is linked or bound
 *   first-plt NS        ns for a call: the first walk of this process over many functions, each called once
 *   first-got NS
 *   cold-plt NS…        ns for a call, each repetition: later walks, after evict()
 *   cold-got NS…
 *   loop NS…            ns for a call, each repetition: the loop that calls nothing
 *   direct-plt NS…      and so on, as in the table of figures
 *
 * It stays on one processor.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "any-glibc.h"
#include "probe.h"
#include "stay.h"

static word checksum;

static double now_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void mix(word x)
{
	checksum = (checksum ^ x) * 0x9e3779b97f4a7c15ul;
}

/* ---- walks ---- */

static double time_walk(function *walk)
{
	double begin = now_ns();
	word x = walk(checksum);
	double ns = now_ns() - begin;
	mix(x);
	return ns / WALK_CALLS;
}

static void cold(const char *name, function *walk, word repetitions)
{
	printf("%s", name);
	for (word i = 0; i < repetitions; i++) {
		evict(0);
		printf(" %.4f", time_walk(walk));
	}
	putchar('\n');
}

/* ---- loops ---- */

static const struct {
	const char *name;
	loop *run;
} loops[] = {
	{"loop", plt_empty},
	{"direct-plt", plt_direct},
	{"direct-got", got_direct},
	{"tail-plt", plt_tail},
	{"tail-got", got_tail},
	{"pointer", got_pointer},
	{"constant", got_constant},
};
enum { loop_count = sizeof loops / sizeof *loops };

static double time_loop(loop *run, word calls, word *x)
{
	double begin = now_ns();
	*x = run(*x, calls);
	return (now_ns() - begin) / (double)calls;
}

/* So many calls of each loop are checked; they bind and map, too. */
enum { checked_calls = 64 * unroll };
/* A loop whose calls are dear, since each is a trap, makes fewer. */
#define LONGEST_LOOP_NS 20e6

static word check_loop(loop *run, word calls)
{
	word x = checksum;
	double ns = time_loop(run, checked_calls, &x);
	mix(x);
	return ns * (double)calls < LONGEST_LOOP_NS ? calls : checked_calls;
}

/* The loops take turns, so that a disturbance does not meet one of them alone. */
static void steady(word calls, word repetitions)
{
	double *ns = calloc(repetitions * loop_count, sizeof *ns);
	word own_calls[loop_count], x = 1;
	if (ns == NULL)
		abort();
	for (word i = 0; i < loop_count; i++)
		own_calls[i] = check_loop(loops[i].run, calls);
	for (word i = 0; i < repetitions * loop_count; i++)
		ns[i] = time_loop(loops[i % loop_count].run, own_calls[i % loop_count], &x);
	for (word i = 0; i < loop_count; i++) {
		printf("%s", loops[i].name);
		for (word j = 0; j < repetitions; j++)
			printf(" %.4f", ns[j * loop_count + i]);
		putchar('\n');
	}
	free(ns);
}

int main(int argc, char **argv)
{
	word calls = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	word repetitions = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	if (calls == 0 || calls % unroll != 0 || repetitions == 0) {
		fputs("usage: probe CALLS REPETITIONS\n", stderr);
		return 2;
	}
	stay_on_one_processor();
	word x = 0;
	time_loop(plt_empty, unroll, &x); /* the clock itself is bound */
	double first_plt = time_walk(plt_walk);
	double first_got = time_walk(got_walk);
	printf("first-plt %.4f\nfirst-got %.4f\n", first_plt, first_got);
	cold("cold-plt", plt_walk, repetitions);
	cold("cold-got", got_walk, repetitions);
	steady(calls, repetitions);
	printf("checksum %016lx\n", checksum);
	return 0;
}
