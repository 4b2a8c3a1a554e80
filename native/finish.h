/*
 * Stage 4, finish: runs in the image's copy of this code, with the whole image in place. The launcher's own pages go, the
 * kernel is told what the process is now, and we jump.
 */
#pragma once
#include "actions.h"
#include "break.h"
#include "describe.h"
#include "filter.h"
#include "hand-over.h"

struct finish {
	struct start *start;
	struct range launcher;
	int interpreter;
	/* Nobody wants the program: see `answer`. */
	int only_asked;
	/* The process's vectors as the kernel laid them out, for /proc/self/cmdline and environ. */
	uint64_t arg_start, arg_end, env_end;
	uint64_t program_break;
	/* Where a hand-over is counted: a copy, since the launcher's own pages go. */
	const char *count_path;
	/* What the linker put above it, once that is there. */
	uint64_t heap_size;
};

/* prctl(2), PR_SET_MM_MAP: the kernel's own notes of where things are, and the link /proc/self/exe. */
static void describe_memory(const struct finish *finish, struct prctl_mm_map *memory)
{
	const struct start *start = finish->start;
	const struct plan *plan = start->plan;
	struct auxiliary *end = start->auxv;
	while (end->type != AT_NULL)
		end++;
	memset(memory, 0, sizeof *memory);
	memory->start_code = placed(start, plan->code_start, plan->executable_region);
	memory->end_code = placed(start, plan->code_end, plan->executable_region);
	memory->start_data = placed(start, plan->data_start, plan->executable_region);
	memory->end_data = placed(start, plan->data_end, plan->executable_region);
	memory->start_brk = finish->program_break;
	memory->brk = finish->program_break + finish->heap_size;
	memory->start_stack = (uint64_t)start->stack;
	memory->arg_start = finish->arg_start;
	memory->arg_end = finish->arg_end;
	memory->env_start = finish->arg_end;
	memory->env_end = finish->env_end;
	memory->auxv = (void *)start->auxv;
	memory->auxv_size = (uint32_t)((char *)(end + 1) - (char *)start->auxv);
}

/* Answers whether the kernel took it. */
static int describe_to_kernel(const struct finish *finish, int exe_file)
{
	struct prctl_mm_map memory;
	describe_memory(finish, &memory);
	memory.exe_fd = (uint32_t)exe_file;
	return call5(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &memory, sizeof memory, 0) == 0;
}

/*
 * Interpreter mode: /proc/PID/exe leads to the copy, whose PT_INTERP is another one than that of the program, which is what stands in
 * memory. A debugger with either of these files compares program headers, and believes nothing of the process where one differs
 * (gdb solib-svr4.c, svr4_exec_displacement). It compares none where the kernel does not say how long they are, and takes the
 * program's place from AT_ENTRY alone. The program's own vector says it.
 */
static void describe_copy(const struct finish *finish)
{
	struct auxiliary *length = finish->start->entry_of[AT_PHENT];
	if (length)
		length->type = AT_IGNORE;
	describe_to_kernel(finish, -1);
	if (length)
		length->type = AT_PHENT;
}

/*
 * The right to set the exe link is asked of who calls, in their own user namespace (kernel/sys.c, prctl_set_mm_map), and the link
 * belongs to the memory. So whoever lacks it has a child set it that shares the memory, is root of a user namespace of its own, and
 * ends with this one call: this process stays in its namespace, with the rights that it has. It gives no more than a debugger's
 * right: the file must be one that this user may execute. The child has rights from its first instruction and changes none, so that
 * the process stays dumpable. Where user namespaces are forbidden, or give no rights, the answer is 0.
 */
static int describe_by_child(const struct finish *finish, int exe_file)
{
	struct prctl_mm_map memory;
	int status = -1;
	describe_memory(finish, &memory);
	memory.exe_fd = (uint32_t)exe_file;
	long child = call_in_child(CLONE_VM | CLONE_VFORK | CLONE_NEWUSER, __NR_prctl, PR_SET_MM, PR_SET_MM_MAP, (long)&memory,
				   sizeof memory, 0);
	return !failed(child) && call4(__NR_wait4, child, &status, __WALL, 0) == child && status == 0;
}

/* The kernel changes the link of /proc/self/exe only when no page of the old file is mapped. */
static int set_exe_link(const struct finish *finish)
{
	const struct start *start = finish->start;
	if (!start->may_describe)
		return 0;
	int file = open_file(plan_string(start->plan, start->plan->program_path), 0);
	if (file < 0)
		return 0;
	int is_set = describe_to_kernel(finish, file);
	if (!is_set && !start->is_filtered && start->plan->flags & PLAN_NEEDS_EXE_LINK)
		is_set = describe_by_child(finish, file);
	call1(__NR_close, file);
	return is_set;
}

/* A launcher's break goes where the program's would be, before anything depends on it. */
static void place_break(struct start *start, struct finish *finish)
{
	if (!start->may_describe)
		return;
	finish->program_break = choose_break(start);
	if (!describe_to_kernel(finish, -1))
		finish->program_break = start->kernel_break;
}

/* Runs in the image's copy. Where the link is refused and the program needs it, the original program is executed after all. */
static __attribute__((noreturn, noinline)) void finish_start(struct finish *finish)
{
	struct start *start = finish->start;
	const struct plan *plan = start->plan;
	call2(__NR_munmap, finish->launcher.begin, finish->launcher.end - finish->launcher.begin);
	if (finish->interpreter && !(plan->flags & PLAN_FIXED_EXECUTABLE))
		call2(__NR_munmap, start->program.begin, start->program.end - start->program.begin);
	if (finish->interpreter && start->may_describe)
		describe_copy(finish);
	int misses_link = !finish->interpreter && !set_exe_link(finish) && (plan->flags & PLAN_NEEDS_EXE_LINK);
	if (finish->only_asked)
		answer(misses_link ? REASON_EXE_LINK : 0);
	if (misses_link) {
		const char *program = plan_string(plan, plan->program_path);
		note_hand_over(start, program, finish->count_path, REASON_EXE_LINK);
		execute(start, plan_string(plan, plan->invocation_path), program);
	}
	take_actions(start, 0);
	jump(placed(start, plan->handoff, plan->handoff_region), start->stack,
	     placed(start, plan->rax, plan->rax_region));
}

/* The kernel's mapping of the program in interpreter mode: from AT_PHDR, before it is corrected. */
static struct range kernel_program(const struct start *start)
{
	const Elf64_Phdr *segments = (const Elf64_Phdr *)auxiliary_value(start, AT_PHDR);
	uint64_t count = auxiliary_value(start, AT_PHNUM), bias = 0;
	struct range range = { ~0ull, 0 };
	for (uint64_t i = 0; i < count; i++)
		if (segments[i].p_type == PT_PHDR)
			bias = (uint64_t)segments - segments[i].p_vaddr;
	for (uint64_t i = 0; i < count; i++) {
		if (segments[i].p_type != PT_LOAD)
			continue;
		uint64_t begin = page_down(bias + segments[i].p_vaddr);
		range.begin = begin < range.begin ? begin : range.begin;
		range.end = page_up(bias + segments[i].p_vaddr + segments[i].p_memsz);
	}
	return range;
}

/* Everything that stage 4 needs of what stage 3 is about to change. */
static void prepare_finish(struct start *start, struct finish *finish)
{
	memset(finish, 0, sizeof *finish);
	finish->start = start;
	finish->launcher.begin = (uint64_t)hole_before_loader(start->launcher);
	finish->launcher.end = page_up((uint64_t)start->launcher + start->launcher->size);
	finish->interpreter = (start->launcher->flags & LAUNCHER_INTERPRETER) != 0;
	finish->only_asked = (start->launcher->flags & LAUNCHER_ONLY_ASKED) != 0;
	if (finish->interpreter)
		start->program = kernel_program(start);
	char **end = start->envp;
	while (*end)
		end++;
	finish->arg_start = (uint64_t)(start->first_argument ? start->first_argument : start->argv[0]);
	finish->arg_end = start->argc ? string_end(start->argv[start->argc - 1]) : finish->arg_start;
	finish->env_end = end > start->envp ? string_end(end[-1]) : finish->arg_end;
	start->has_random_addresses = has_random_addresses(start);
	finish->program_break = start->kernel_break = (uint64_t)call1(__NR_brk, 0);
}
