/*
 * The probe times calls between modules. Its parts are compiled once and linked twice: as modules that call each other
 * through the dynamic linker, and as one executable in which the same call sites are direct calls.
 *
 *   main.c    what runs when, and what is printed
 *   caller.c  the timed loops, compiled twice: STYLE is `plt` (call f@PLT) or `got` (-fno-plt: call *f@GOTPCREL(%rip))
 *   callee.c  what the loops call and read
 *   evict.c   empties caches and branch predictors
 *   generated: many functions, and for each style a `walk`, which calls its half of them once, in a random order
 */
#ifndef PROBE_H
#define PROBE_H

typedef unsigned long word;
typedef word function(word);

/* A timed loop: makes so many calls, a multiple of `unroll`, and returns what comes out of all. */
typedef word loop(word x, word calls);

enum { unroll = 16 };

/* callee.c */
function callee_step;
extern const word callee_a, callee_b, callee_c, callee_d;

/* caller.c, in each style */
#define DECLARE_CALLER(style)                                                                                  \
	loop style##_empty, style##_direct, style##_tail, style##_pointer, style##_constant
DECLARE_CALLER(plt);
DECLARE_CALLER(got);

/* generated; each makes WALK_CALLS calls, which the compiler is told */
function plt_walk, got_walk;

/* evict.c */
word evict(word x);

#endif
