/*
 * The timed loops. All do the same to x for each call; they differ in how they reach what does it. Every loop begins at a
 * cache line, and the first at a page, so that each stands in its lines and pages alike however the probe is linked.
 */
#include "probe.h"

#define JOIN(style, name) style##_##name
#define EXPAND(style, name) JOIN(style, name)
#define IN_STYLE(name) EXPAND(STYLE, name)

#define TIMES_4(statement) statement statement statement statement
#define TIMES_16(statement) TIMES_4(TIMES_4(statement))

/* Nothing is called: what the loop itself costs. The compiler may not add up what stands between barriers. */
#define BARRIER asm volatile("" : "+r"(x));
__attribute__((aligned(4096))) word IN_STYLE(empty)(word x, word calls)
{
	for (; calls != 0; calls -= unroll) {
		TIMES_16(x++; BARRIER)
	}
	return x;
}

word IN_STYLE(direct)(word x, word calls)
{
	for (; calls != 0; calls -= unroll) {
		TIMES_16(x = callee_step(x);)
	}
	return x;
}

/* A call within the module, of a function that ends in a jump to the other module's. */
__attribute__((noipa)) static word jump(word x)
{
	return callee_step(x);
}

word IN_STYLE(tail)(word x, word calls)
{
	for (; calls != 0; calls -= unroll) {
		TIMES_16(x = jump(x);)
	}
	return x;
}

/* The address is this module's; where two modules have different ones, that is what differs. */
word IN_STYLE(pointer)(word x, word calls)
{
	function *step = callee_step;
	asm volatile("" : "+r"(step));
	for (; calls != 0; calls -= unroll) {
		TIMES_16(x = step(x);)
	}
	return x;
}

/*
 * Reads another module's constant, as compilers do it: its address from the GOT, then its value. In assembler, for a compiler
 * keeps addresses in registers where it can.
 */
#define ADD_CONSTANT(name)                                                                                     \
	{                                                                                                      \
		const word *address;                                                                           \
		asm volatile("movq " #name "@GOTPCREL(%%rip), %1\n\taddq (%1), %0" : "+r"(x), "=&r"(address)); \
	}
word IN_STYLE(constant)(word x, word calls)
{
	for (; calls != 0; calls -= unroll) {
		TIMES_4(ADD_CONSTANT(callee_a) ADD_CONSTANT(callee_b) ADD_CONSTANT(callee_c) ADD_CONSTANT(callee_d))
	}
	return x;
}
