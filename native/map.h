/*
 * Stage 3, map: may rely on the plan. All ranges turn out free, the image is mapped, the words of the process are written,
 * and RELRO is sealed.
 */
#pragma once
#include "collision.h"
#include "finish.h"
#include "place.h"
#include "rebase.h"

/* In interpreter mode the kernel has put an executable of fixed addresses where the image's copy goes. */
static int replaces_program(const struct start *start, const struct plan_step *step)
{
	const struct plan *plan = start->plan;
	return (start->launcher->flags & LAUNCHER_INTERPRETER) && (plan->flags & PLAN_FIXED_EXECUTABLE) &&
	       step->address >= start->program.begin && step->address < start->program.end;
}

/* The range of a region that may move is reserved. */
static int maps_over(const struct start *start, const struct plan_step *step)
{
	const struct plan_region *region = TABLE(start->plan, region) + step->region;
	return step->operation == OPERATION_MAP_FILE_OVER || step->operation == OPERATION_MAP_ZERO_OVER ||
	       region->alignment || replaces_program(start, step);
}

/*
 * A process may be denied that memory which it has becomes executable (PR_SET_MDWE of prctl(2), which systemd calls
 * MemoryDenyWriteExecute=). What is mapped executable at once is permitted. Nothing has written to a range of a step up to here:
 * the file has what is there.
 */
static long map_anew(const struct plan_step *step, uint64_t address, int file)
{
	long at = map(address, step->length, step->protection, MAP_PRIVATE | MAP_FIXED, file, step->offset);
	return failed(at) ? at : 0;
}

static long protect(const struct plan_step *step, uint64_t address, int file)
{
	long result = call3(__NR_mprotect, address, step->length, step->protection);
	return result == -EACCES ? map_anew(step, address, file) : result;
}

/* Private memory with what the file holds: not executable before it is read-only. */
static long fill(const struct plan_step *step, uint64_t address, int flags, int file)
{
	long at = map(address, step->length, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
	if (at != (long)address)
		return at;
	long got = call4(__NR_pread64, file, at, step->length, step->offset);
	long failure = got == (long)step->length ? protect(step, address, file) : (failed(got) ? got : -ENODATA);
	if (!failure)
		return at;
	call2(__NR_munmap, at, step->length);
	return failure;
}

/* Answers 0, or what the kernel said: EEXIST where a range is taken. A kernel before 4.17 maps elsewhere then. */
static long take_step(const struct start *start, const struct plan_step *step, int file)
{
	uint64_t address = placed(start, step->address, step->region);
	int flags = MAP_PRIVATE | (maps_over(start, step) ? MAP_FIXED : MAP_FIXED_NOREPLACE);
	long at;
	if (step->operation == OPERATION_PROTECT)
		return protect(step, address, file);
	if (step->operation == OPERATION_FILL)
		at = fill(step, address, flags, file);
	else if (step->operation == OPERATION_MAP_ZERO || step->operation == OPERATION_MAP_ZERO_OVER)
		at = map(address, step->length, step->protection, flags | MAP_ANONYMOUS, -1, 0);
	else
		at = map(address, step->length, step->protection, flags, file, step->offset);
	if (at == (long)address || failed(at))
		return failed(at) ? at : 0;
	call2(__NR_munmap, at, step->length);
	return -EEXIST;
}

/*
 * A file that nobody changes once it is written, or a module's own. Who owns it and who may write to it is not asked, as it is of
 * the image: the plan, which is ours or root's, names the very inode and its ctime, and whoever writes to the file, or changes owner
 * or mode, moves the ctime on; nobody can set it back. A library may belong to another user, as under the platform's linker.
 */
static int open_unchanged(struct start *start, uint32_t index, int directory, const char *path)
{
	const struct plan_backing *backing = TABLE(start->plan, backing) + index;
	struct stat now;
	int file = (int)call4(__NR_openat, directory, path, O_CLOEXEC, 0);
	if (file < 0 || (!failed(status_of_file(file, &now)) &&
			 (IS_SAME_FILE(&now, backing) || is_settled(start, row_of_backing(start->plan, index), &now))))
		return file;
	call1(__NR_close, file);
	return -ENOENT;
}

static int open_backing(struct start *start, uint32_t index, struct directory *directory)
{
	const struct plan_backing *backing = TABLE(start->plan, backing) + index;
	const char *path = plan_string(start->plan, backing->path);
	int failure = backing->kind == BACKING_OWN ? 0 : (int)enter_directory(directory, start->plan, backing->directory);
	if (failure)
		return failure;
	switch (backing->kind) {
	case BACKING_OWN:
		return start->image;
	case BACKING_SHOWN:
		return open_in_place(start, backing, path);
	default:
		return open_unchanged(start, index, directory->file, path);
	}
}

/* The last stage must be this very code. */
static const char *check_last_stage(const struct start *start)
{
	const uint64_t *copy = (const uint64_t *)start->plan->loader_address, *own = (const uint64_t *)loader_begin;
	for (; own < (const uint64_t *)loader_end; own++, copy++)
		if (*own != *copy)
			return REASON_IMAGE_LOADER;
	return 0;
}

/* Why a step could not be taken. */
static __attribute__((noinline, cold)) const char *step_failed(const struct start *start, const struct plan_step *step, long result)
{
	const struct plan *plan = start->plan;
	if (step->operation == OPERATION_PROTECT)
		return unprotected(result, REASON_RANGE_PROTECTION);
	if (result != -EEXIST)
		return shortage_or(result, REASON_RANGE_UNMAPPED);
	if (start->debug || plan->flags & PLAN_END_ON_COLLISION)
		say_collision(plan, step);
	if (plan->flags & PLAN_END_ON_COLLISION)
		call1(__NR_exit_group, 127);
	return REASON_RANGE_TAKEN;
}

/*
 * The steps that replace an executable of fixed addresses stand at the end of the plan. Up to there all that was mapped is
 * aside from the program; from there on the loader must succeed, or execute the original.
 */
static const char *take_steps(struct start *start, const struct plan_step *step, const struct plan_step *end, int file)
{
	for (; step < end; step++, start->steps_taken++) {
		start->replaced |= replaces_program(start, step);
		long result = take_step(start, step, file);
		if (result)
			return step_failed(start, step, result);
	}
	return 0;
}

static const char *unusable(const struct start *start, const struct plan_backing *backing, long result)
{
	const char *path = plan_string(start->plan, backing->path);
	if (backing->kind == BACKING_MODULE)
		return changed(start, path, result);
	if (shortage(result))
		return shortage(result);
	if (start->debug)
		say_line(path, " is not as it was written", "");
	return REASON_STORE_FILE;
}

static const char *map_image(struct start *start)
{
	const struct plan *plan = start->plan;
	const struct plan_backing *backing = TABLE(plan, backing);
	const struct plan_step *step = TABLE(plan, step);
	struct directory directory = { 0, AT_FDCWD };
	const char *why = 0;
	for (uint32_t i = 0; i < plan->backings_count && !why; i++, backing++) {
		int file = open_backing(start, i, &directory);
		if (file < 0) {
			why = unusable(start, backing, file);
			break;
		}
		why = take_steps(start, step, step + backing->steps, file);
		step += backing->steps;
		if (file != start->image)
			call1(__NR_close, file);
	}
	leave_directory(&directory);
	return why;
}

/*
 * Pages that every start writes to get their private copies by one call, for half the price of a fault each. A kernel
 * before 6.13 refuses, and they fault one by one. The plan's addresses are those of a start where nothing moved; where all
 * moved by one distance, that is added.
 */
#define MOVED_RANGES 64
static void prefault(const struct start *start)
{
	const struct plan *plan = start->plan;
	const uint32_t most = start->moved ? MOVED_RANGES : 1024; /* UIO_MAXIOV */
	struct plan_prefault moved[MOVED_RANGES];
	/* An executable with fixed addresses stays where it is. */
	if (start->is_filtered)
		return;
	if (start->moved && (!plan->place_count || plan->flags & PLAN_FIXED_EXECUTABLE))
		return;
	for (uint32_t i = 0; i < plan->prefaults_count; i += most) {
		uint32_t count = plan->prefaults_count - i < most ? plan->prefaults_count - i : most;
		const struct plan_prefault *ranges = TABLE(plan, prefault) + i;
		for (uint32_t j = 0; start->moved && j < count; j++) {
			moved[j] = ranges[j];
			moved[j].address += start->slide;
		}
		if (failed(call5(__NR_process_madvise, PIDFD_SELF_PROCESS, start->moved ? moved : ranges, count,
				 MADV_POPULATE_WRITE, 0)))
			return;
	}
}

/* The linker's heap starts at the process's own break. */
static const char *fill_heap(const struct start *start, struct finish *finish)
{
	const struct plan *plan = start->plan;
	if (!plan->heap_size)
		return 0;
	uint64_t end = finish->program_break + plan->heap_size;
	if ((uint64_t)call1(__NR_brk, end) != end)
		return REASON_HEAP_ROOM;
	finish->heap_size = plan->heap_size;
	return call4(__NR_pread64, start->image, finish->program_break, plan->heap_size, plan->heap_offset) ==
			       (long)plan->heap_size
		       ? 0
		       : REASON_HEAP_UNREAD;
}

struct sources {
	uint64_t value[SOURCE_STACK_LIMIT + 1];
};

static void find_sources(const struct start *start, uint64_t program_break, struct sources *sources)
{
	const uint64_t *random = (const uint64_t *)auxiliary_value(start, AT_RANDOM);
	sources->value[SOURCE_STACK_POINTER] = (uint64_t)start->stack;
	sources->value[SOURCE_ARGC] = start->argc;
	sources->value[SOURCE_ARGV] = (uint64_t)start->argv;
	sources->value[SOURCE_ENVP] = (uint64_t)start->envp;
	sources->value[SOURCE_AUXV] = (uint64_t)start->auxv;
	sources->value[SOURCE_AUXILIARY] = 0;
	sources->value[SOURCE_VDSO] = auxiliary_value(start, AT_SYSINFO_EHDR);
	sources->value[SOURCE_PROGRAM_BREAK] = program_break;
	sources->value[SOURCE_THREAD_ID] = start->thread_id;
	/* glibc sysdeps/unix/sysv/linux/dl-osinfo.h: the lowest byte is zero, so that no string can run over it. */
	sources->value[SOURCE_STACK_CANARY] = random[0] & ~0xffull;
	sources->value[SOURCE_POINTER_GUARD] = random[1];
	sources->value[SOURCE_RANDOM] = start->random;
	sources->value[SOURCE_STACK_LIMIT] = 0;
}

static uint64_t word_value(const struct start *start, const struct sources *sources, const struct plan_word *word)
{
	if (word->source == SOURCE_AUXILIARY)
		return auxiliary_value(start, word->type) + (uint64_t)word->addend;
	if (word->source == SOURCE_STACK_LIMIT && start->stack_limit != RLIM_INFINITY)
		return page_up(start->stack_limit);
	if (word->source == SOURCE_VARIABLE) {
		const struct plan_variable *variable = TABLE(start->plan, variable) + word->type;
		return (uint64_t)find_variable(start, plan_string(start->plan, variable->text)) + (uint64_t)word->addend;
	}
	return sources->value[word->source] + (uint64_t)word->addend;
}

static void write_words(const struct start *start, uint64_t program_break)
{
	const struct plan *plan = start->plan;
	struct sources sources;
	find_sources(start, program_break, &sources);
	const struct plan_word *word = TABLE(plan, word);
	for (uint32_t i = 0; i < plan->words_count; i++, word++) {
		uint64_t value = word_value(start, &sources, word);
		void *at = (void *)placed(start, word->address, word->region);
		if (word->width == 4)
			*(uint32_t *)at = (uint32_t)value;
		else
			*(uint64_t *)at = value;
	}
}

/* Everything is written: read-only memory is so again. */
static const char *seal(const struct start *start)
{
	const struct plan *plan = start->plan;
	const struct plan_seal *range = TABLE(plan, seal);
	long result = protect_fixed(start, 0);
	for (uint32_t i = 0; i < plan->seals_count && !result; i++, range++)
		result = call3(__NR_mprotect, placed(start, range->address, range->region), range->length, range->protection);
	return result ? unprotected(result, REASON_RANGE_SEALED) : 0;
}
