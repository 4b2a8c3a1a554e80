/*
 * Stage 1, read: what the kernel put on the stack (System V ABI x86-64, 3.4.1). Nothing is changed, but that the vectors
 * may move down. Also the words for people, and how the plan and the trailer are read.
 */
#pragma once
#include "plan.h"
#include "system.h"

/* The loader's own code: between the two there is nothing else. */
extern const char loader_begin[], loader_end[];

struct auxiliary {
	uint64_t type, value;
};

/* Whole pages. */
struct range {
	uint64_t begin, end;
};

/* Types above this one are not looked at. */
#define AUXILIARY_TYPES 64

/* Of one of the plan's regions. */
struct place {
	/* From where the plan has it, modulo 2^64; of the heap, the break. */
	uint64_t shift;
	/* It holds words that were fixed. */
	uint64_t fixed;
};

struct start {
	uint64_t *stack;
	uint64_t argc;
	char **argv, **envp;
	struct auxiliary *auxv;
	struct auxiliary *entry_of[AUXILIARY_TYPES];
	const struct launcher *launcher;
	const struct plan *plan;
	/* One for each region of the plan. */
	struct place *places;
	/* Some region is not where the plan has it. */
	int moved;
	int image;
	/* The distance of all that is in a place. */
	uint64_t slide;
	/* The folder of this process's place; -1: there is none. */
	int place;
	int debug;
	/* The program's file, or the file that its name leads to, is not that of the bind. */
	int other_program;
	/* The kernel's mapping of the program is gone: no way back to the real linker in interpreter mode. */
	int replaced;
	/* Interpreter mode: where the kernel has mapped the program. */
	struct range program;
	/* Where argv[0] goes when it is written anew; 0 where it stays. */
	char *first_argument;
	/* Drawn for this process, where a word of it wants that. */
	uint64_t random;
};

static const char *launcher_string(const struct launcher *launcher, uint32_t offset)
{
	return (const char *)launcher + offset;
}

static const char *plan_string(const struct plan *plan, uint32_t offset)
{
	return (const char *)plan + offset;
}

#define TABLE(plan, name) ((const struct plan_##name *)((const char *)(plan) + (plan)->PLAN_OFFSET_##name))
#define PLAN_OFFSET_backing backings_offset
#define PLAN_OFFSET_step steps_offset
#define PLAN_OFFSET_region regions_offset
#define PLAN_OFFSET_prefault prefaults_offset
#define PLAN_OFFSET_seal seals_offset
#define PLAN_OFFSET_fix_range fix_ranges_offset
#define PLAN_OFFSET_file files_offset
#define PLAN_OFFSET_link links_offset
#define PLAN_OFFSET_path paths_offset
#define PLAN_OFFSET_call calls_offset
#define PLAN_OFFSET_limit limits_offset
#define PLAN_OFFSET_auxiliary auxiliary_offset
#define PLAN_OFFSET_cpuid cpuid_offset
#define PLAN_OFFSET_word words_offset

/* Where an address of the plan that lies in a region is in this process. */
static uint64_t placed(const struct start *start, uint64_t address, uint32_t region)
{
	return address + start->places[region].shift;
}

static uint64_t auxiliary_value(const struct start *start, unsigned type)
{
	const struct auxiliary *entry = start->entry_of[type];
	return entry ? entry->value : 0;
}

static void set_auxiliary(struct start *start, unsigned type, uint64_t value)
{
	if (start->entry_of[type])
		start->entry_of[type]->value = value;
}

static uint64_t string_end(const char *s)
{
	return (uint64_t)(s + string_length(s) + 1);
}

static void say(const char *text)
{
	call3(__NR_write, 2, text, string_length(text));
}

static void say_line(const char *program, const char *what, const char *why)
{
	say("linkonce: ");
	say(program);
	say(what);
	say(why);
	say("\n");
}

static __attribute__((noreturn)) void die(const char *program, const char *why)
{
	say_line(program, ": cannot be started: ", why);
	for (;;)
		call1(__NR_exit_group, 127);
}

static void read_stack(struct start *start, uint64_t *stack)
{
	memset(start, 0, sizeof *start);
	start->stack = stack;
	start->image = -1;
	start->place = -1;
	start->argc = stack[0];
	start->argv = (char **)(stack + 1);
	start->envp = start->argv + start->argc + 1;
	char **end = start->envp;
	while (*end) {
		if (same_string(*end, "LINKONCE_DEBUG=1"))
			start->debug = 1;
		end++;
	}
	start->auxv = (struct auxiliary *)(end + 1);
	for (struct auxiliary *entry = start->auxv; entry->type != AT_NULL; entry++)
		if (entry->type < AUXILIARY_TYPES)
			start->entry_of[entry->type] = entry;
}

/* fs/binfmt_elf.c, create_elf_tables: what the kernel puts between the auxiliary vector and the strings of the process. */
static const unsigned kernel_strings[] = { AT_RANDOM, AT_PLATFORM, AT_BASE_PLATFORM };

/* The end of whatever the kernel put last below a string of the stack. */
static uint64_t occupied_below(const struct start *start, uint64_t string)
{
	uint64_t end = (uint64_t)start->auxv;
	for (const struct auxiliary *entry = start->auxv; entry->type != AT_NULL; entry++)
		end = (uint64_t)(entry + 2);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t at = auxiliary_value(start, kernel_strings[i]);
		if (!at || at >= string)
			continue;
		uint64_t own_end = kernel_strings[i] == AT_RANDOM ? at + 16 : string_end((const char *)at);
		end = own_end > end ? own_end : end;
	}
	return end;
}

/* Moves what lies between the stack pointer and `end` down, and begins anew: as if the kernel had put it there. */
static __attribute__((noreturn)) void start_lower(struct start *start, uint64_t end, uint64_t distance)
{
	for (unsigned i = 0; i < 3; i++) {
		uint64_t at = auxiliary_value(start, kernel_strings[i]);
		if (at >= (uint64_t)start->stack && at < end)
			set_auxiliary(start, kernel_strings[i], at - distance);
	}
	/* The loader's own frames lie where the vectors go: from here on there are only registers. */
	__asm__ volatile("mov %1, %%rsp\n"
			 "rep movsb\n"
			 "jmp _start\n"
			 :
			 : "S"(start->stack), "r"((uint64_t)start->stack - distance),
			   "D"((uint64_t)start->stack - distance), "c"(end - (uint64_t)start->stack)
			 : "memory");
	__builtin_unreachable();
}

/*
 * A launcher that was called by its own path shows the program's path as argv[0], as the program itself would have been
 * called. It is written so that it ends where the old one did: programs that write a title over their arguments rely on
 * the strings being neighbours. Below the strings the kernel leaves a random gap of up to 8 KiB (arch_align_stack), or
 * none; where that is too small, what stands below it moves.
 */
static void place_first_argument(struct start *start)
{
	const struct launcher *launcher = start->launcher;
	const char *called = (const char *)auxiliary_value(start, AT_EXECFN);
	if ((launcher->flags & LAUNCHER_INTERPRETER) || !start->argc || !called || !same_string(start->argv[0], called))
		return;
	const char *invocation = launcher_string(launcher, launcher->invocation_path);
	uint64_t at = string_end(start->argv[0]) - string_length(invocation) - 1;
	uint64_t end = occupied_below(start, (uint64_t)start->argv[0]);
	if (at < end)
		/* The stack pointer stays a multiple of 16 (AMD64 supplement, 3.4.1). */
		start_lower(start, end, (end - at + 15) & ~15ul);
	start->first_argument = (char *)at;
}
