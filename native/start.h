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

/* linux/sched.h, TASK_COMM_LEN without its closing zero. */
#define COMMAND_NAME_LENGTH 15

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

/* Rows of a file of settled identities that are read at once: the stack of a start has few pages. */
#define SETTLED_ROWS 16

/* What settled.h knows. */
struct settled {
	/* Nobody has looked yet: 0. */
	int is_asked;
	/* -1: there is no such file. */
	int file;
	uint32_t rows_count;
	/* Which rows of the file stand here. */
	uint32_t first, count;
	struct settled_file rows[SETTLED_ROWS];
};

struct start {
	uint64_t *stack;
	uint64_t argc;
	char **argv, **envp;
	struct auxiliary *auxv;
	struct auxiliary *entry_of[AUXILIARY_TYPES];
	const struct launcher *launcher;
	/* What the launcher has for the variables of this process. */
	const struct launcher_form *form;
	/* How many variables of linkers are set. */
	uint32_t variables;
	const struct plan *plan;
	/* One for each region of the plan. */
	struct place *places;
	/* Some region is not where the plan has it. */
	int moved;
	int image;
	/* The image as it is now. */
	struct stat image_status;
	struct settled settled;
	/* The distance of all that is in a place. */
	uint64_t slide;
	/* The folder of this process's place; -1: there is none. */
	int place;
	int debug;
	/* The program's file, or the file that its name leads to, is not that of the bind. */
	int other_program;
	/* A filter of system calls may be there: but for prctl nothing is asked for that the platform's linker never asks for. */
	int is_filtered;
	/* prctl may be called. */
	int may_describe;
	/* What the kernel had mapped or described is gone: no way back to the real linker in interpreter mode. */
	int replaced;
	/* What is to be given back where the real linker starts in this process: ranges of so many regions, and what so many steps mapped. */
	uint32_t regions_reserved, steps_taken;
	struct range head, fixes;
	int has_random_addresses;
	/* The break as the kernel placed it. */
	uint64_t kernel_break;
	/* Interpreter mode: where the kernel has mapped the program. */
	struct range program;
	/* What argv[0] shall say, and where that goes; 0 where it stays. */
	const char *shown;
	char *first_argument;
	/* The path by which the kernel was asked ends in the launcher's own name. */
	int is_own_name;
	/* The soft one, bytes, where the linker asked for it. */
	uint64_t stack_limit;
	/* Drawn for this process, where a word of it wants that. */
	uint64_t random;
	/* As set_tid_address answers it. */
	uint64_t thread_id;
};

/* Interpreter mode: where a debugger believes the linker (src/image/linker-cover.ts). The loader's head begins where it ends. */
static const char *hole_before_loader(const struct launcher *launcher)
{
	return (const char *)page_down((uint64_t)loader_begin) - launcher->covered;
}

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
#define PLAN_OFFSET_action actions_offset
#define PLAN_OFFSET_file files_offset
#define PLAN_OFFSET_link links_offset
#define PLAN_OFFSET_path paths_offset
#define PLAN_OFFSET_cached cached_offset
#define PLAN_OFFSET_variable variables_offset
#define PLAN_OFFSET_call calls_offset
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

/* Where the kernel put a variable, as NAME=VALUE; 0 where it is not set. */
static const char *find_variable(const struct start *start, const char *text)
{
	for (char **entry = start->envp; *entry; entry++)
		if (same_string(*entry, text))
			return *entry;
	return 0;
}

static void say(const char *text)
{
	call3(__NR_write, 2, text, string_length(text));
}

static __attribute__((noinline, cold)) void say_line(const char *program, const char *what, const char *why)
{
	say("linkonce: ");
	say(program);
	say(what);
	say(why);
	say("\n");
}

/* What a call could not get, where that says nothing of what it was called for; 0 for any other answer. */
static const char *shortage(long result)
{
	if (result == -EMFILE || result == -ENFILE)
		return REASON_NO_DESCRIPTOR;
	return result == -ENOMEM ? REASON_NO_MEMORY : 0;
}

static const char *shortage_or(long result, const char *why)
{
	const char *short_of = shortage(result);
	return short_of ? short_of : why;
}

static __attribute__((noreturn, noinline, cold)) void die(const char *program, const char *why)
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
	start->settled.file = -1;
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
	begin_anew(start->stack, (uint64_t)start->stack - distance, end - (uint64_t)start->stack);
}
