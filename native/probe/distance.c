/*
 * What an indirect jump, and an indirect call, costs by the distance of its target: `distance CALLS REPETITIONS BYTES…`. CALLS is a
 * multiple of 16. Behind this program's own code, so many bytes away, lies a page with two targets: one that returns, one that jumps
 * back. All distances take turns, so that a disturbance does not meet one of them alone.
 *
 * Standard output has lines `BYTES jump NS…` and `BYTES call NS…`: of one, each repetition. It ends with 3 where an address is taken.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "any-glibc.h"
#include "probe.h"
#include "stay.h"

#define TIMES_4(statement) statement statement statement statement
#define TIMES_16(statement) TIMES_4(TIMES_4(statement))

enum { page = 4096, most = 32 };

/* lea 1(%rdi), %rax; ret */
static const unsigned char returning[] = {0x48, 0x8d, 0x47, 0x01, 0xc3};
/* lea 1(%rdi), %rdi; jmp *%rcx */
static const unsigned char jumping[] = {0x48, 0x8d, 0x7f, 0x01, 0xff, 0xe1};
enum { jumping_at = 64 };

typedef word timed(word calls, const unsigned char *target);

__attribute__((noipa, aligned(4096))) static word call(word calls, const unsigned char *target)
{
	word x = 0;
	for (; calls != 0; calls -= unroll) {
		TIMES_16(asm volatile("call *%2" : "=a"(x) : "D"(x), "r"(target) : "cc", "memory");)
	}
	return x;
}

__attribute__((noipa, aligned(64))) static word jump(word calls, const unsigned char *target)
{
	word x = 0;
	for (; calls != 0; calls -= unroll) {
		TIMES_16(asm volatile("lea 1f(%%rip), %%rcx\n\tjmp *%1\n1:" : "+D"(x) : "r"(target) : "rcx", "cc");)
	}
	return x;
}

/* At the same place of its page at every distance, and of its cache set with none of the loops above. */
static const unsigned char *target_at(word bytes)
{
	unsigned char *at = (unsigned char *)(((word)call + bytes) & -(word)page);
	if (mmap(at, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != at)
		exit(3);
	memcpy(at + page / 2, returning, sizeof returning);
	memcpy(at + page / 2 + jumping_at, jumping, sizeof jumping);
	if (mprotect(at, page, PROT_READ | PROT_EXEC) != 0)
		exit(3);
	return at + page / 2;
}

static double time_one(timed *run, word calls, const unsigned char *target)
{
	struct timespec begin, end;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (run(calls, target) != calls)
		abort();
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / (double)calls;
}

static void print(const char *bytes, const char *kind, const double *ns, word repetitions, word step)
{
	printf("%s %s", bytes, kind);
	for (word i = 0; i < repetitions; i++)
		printf(" %.4f", ns[i * step]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	word calls = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
	word repetitions = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
	word count = (word)argc - 3;
	if (calls == 0 || calls % unroll != 0 || repetitions == 0 || count > most) {
		fputs("usage: distance CALLS REPETITIONS BYTES...\n", stderr);
		return 2;
	}
	stay_on_one_processor();
	const unsigned char *targets[most];
	for (word i = 0; i < count; i++)
		targets[i] = target_at(strtoul(argv[3 + i], NULL, 10));
	double *ns = calloc(repetitions * count * 2, sizeof *ns);
	if (ns == NULL)
		abort();
	for (word i = 0; i < repetitions * count; i++) {
		ns[i * 2] = time_one(jump, calls, targets[i % count] + jumping_at);
		ns[i * 2 + 1] = time_one(call, calls, targets[i % count]);
	}
	for (word i = 0; i < count; i++) {
		print(argv[3 + i], "jump", ns + i * 2, repetitions, count * 2);
		print(argv[3 + i], "call", ns + i * 2 + 1, repetitions, count * 2);
	}
	return 0;
}
