/*
 * The program break. The kernel puts a launcher's at a constant address, as any static program's, plus a random distance of its
 * own (arch_randomize_brk). The program's would stand behind its executable: at that executable's own end where its addresses are
 * fixed, otherwise behind a place that is drawn from 2^28 pages (fs/binfmt_elf.c, load_elf_binary). So the kernel's distance is
 * kept, and what is missing of the place is drawn here: not from the kernel, which would cost a call, but from the random bytes
 * that it gave to the process (AT_RANDOM). These are the stack canary and the pointer guard; SipHash is one-way, so that who sees
 * the break knows nothing of them.
 */
#pragma once
#include "start.h"

/* The longest distance that a kernel draws. */
#define BREAK_DISTANCE (1ull << 30)
#define HEAP_ROOM (1ull << 36)

static uint64_t rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], int count)
{
	while (count--) {
		v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
		v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
	}
}

/* SipHash-2-4 (Aumasson and Bernstein, 2012) of a message of eight bytes. */
static __attribute__((noinline)) uint64_t sip_hash(const uint64_t key[2], uint64_t message)
{
	const uint64_t blocks[2] = { message, 8ull << 56 };
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
			  key[1] ^ 0x7465646279746573 };
	for (int i = 0; i < 2; i++) {
		v[3] ^= blocks[i];
		sip_rounds(v, 2);
		v[0] ^= blocks[i];
	}
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Without randomness (setarch -R) the stack ends at its top: the path of the execution, and a null pointer above it. */
static int has_random_addresses(const struct start *start)
{
	const char *called = (const char *)auxiliary_value(start, AT_EXECFN);
	return called && string_end(called) + 8 != STACK_TOP;
}

/* How far an executable that may be anywhere is from the lowest place for it. */
static uint64_t draw_place(const struct start *start)
{
	const uint64_t *random = (const uint64_t *)auxiliary_value(start, AT_RANDOM);
	if (!random || !start->has_random_addresses)
		return 0;
	return (sip_hash(random, start->kernel_break) >> (64 - PLACE_BITS)) * PAGE_SIZE;
}

/*
 * Whether nothing of the image stands where the heap would grow. Some systems have tables near an executable of fixed addresses:
 * there the heap has more room where the kernel put it.
 */
static int is_clear(const struct start *start, uint64_t begin)
{
	const struct plan *plan = start->plan;
	const struct plan_step *step = TABLE(plan, step);
	uint64_t end = begin + HEAP_ROOM;
	for (uint32_t i = 0; i < plan->steps_count; i++, step++) {
		uint64_t address = placed(start, step->address, step->region);
		if (address < end && address + step->length > begin)
			return 0;
	}
	return plan->plan_address >= end || plan->plan_address + plan->head_size <= begin;
}

/* Of a launcher. Where the kernel's break is not where a static program's is drawn, there was no randomness. */
static __attribute__((noinline)) uint64_t choose_break(const struct start *start)
{
	const struct plan *plan = start->plan;
	uint64_t distance = start->kernel_break - page_up(DYNAMIC_BASE);
	uint64_t base = plan->flags & PLAN_FIXED_EXECUTABLE ? 0 : page_down(DYNAMIC_BASE) + draw_place(start);
	uint64_t at = base + plan->memory_end + (distance < BREAK_DISTANCE ? distance : 0);
	return is_clear(start, at) ? at : start->kernel_break;
}
