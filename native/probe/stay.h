/* Keeps a program that times something on one processor; `_GNU_SOURCE` is defined. */
#ifndef STAY_H
#define STAY_H

#include <sched.h>

/*
 * The last one that it may use, so that all probes are on the same one; the first is the one that most interrupts meet. A machine
 * that lets no one choose is measured as it is.
 */
static void stay_on_one_processor(void)
{
	cpu_set_t allowed, one;
	if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
		return;
	int last = CPU_SETSIZE - 1;
	while (last > 0 && !CPU_ISSET(last, &allowed))
		last--;
	CPU_ZERO(&one);
	CPU_SET(last, &one);
	sched_setaffinity(0, sizeof one, &one);
}

#endif
