/*
 * Makes what comes next cold: caches, address translations, branch targets. The buffer is larger than the second-level cache
 * (on the processors of today code stands there, too, and the first level holds nothing that the second does not, or is
 * emptied by the branches) and has more pages than a TLB has entries. The third level keeps what it has: several programs
 * share it, and a walk through it would take most of the probe's time.
 */
#include <stdlib.h>
#include <unistd.h>
#include "probe.h"

enum { line = 64, least = 16 << 20 };

static volatile char *buffer;
static size_t size;

/*
 * More branches than a processor has places for: 16 Ki direct jumps, and after every fourth an indirect one, each in 16 bytes
 * of its own, 320 KiB in all.
 */
__attribute__((noinline)) static void branch(void)
{
	asm volatile(".rept 4096\n\t"
		     ".rept 4\n\t"
		     "jmp 1f\n\t"
		     ".balign 16, 0xcc\n"
		     "1:\n\t"
		     ".endr\n\t"
		     "leaq 1f(%%rip), %%rax\n\t"
		     "jmp *%%rax\n\t"
		     ".balign 16, 0xcc\n"
		     "1:\n\t"
		     ".endr" ::
			     : "rax", "cc");
}

word evict(word x)
{
	if (buffer == NULL) {
		long second = sysconf(_SC_LEVEL2_CACHE_SIZE);
		size = second > least / 4 ? (size_t)second * 4 : least;
		buffer = malloc(size);
		if (buffer == NULL)
			abort();
	}
	for (size_t at = 0; at < size; at += line)
		buffer[at] = (char)(buffer[at] + 1);
	branch();
	return x;
}
