/*
 * Stage 1: what the process is called. A launcher that is called by a name of its own stands for the program, and shows the
 * program's: argv[0], AT_EXECFN, the kernel's name of the process and /proc/PID/cmdline are those of the program called by the
 * path that it had at bind, so that a program which finds its home by argv[0] finds it. Any other name was chosen by whoever
 * made the link, the copy or the script, and a program may act by it (xzcat, rbash, -bash): there all four stay as the kernel made
 * them, as if the program itself stood where the launcher stands. The launcher's own name is the one that bind gave it; a
 * copy or link of it that has this name still has it elsewhere.
 */
#pragma once
#include "start.h"

static const char *last_component(const char *path)
{
	const char *name = path;
	for (; *path; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

static int has_own_name(const struct start *start, const char *path)
{
	return same_string(last_component(path), launcher_string(start->launcher, start->launcher->own_name));
}

/* A name without a folder, as a shell found it by PATH, stays one. In interpreter mode the kernel has named everything. */
static void choose_names(struct start *start)
{
	const char *called = (const char *)auxiliary_value(start, AT_EXECFN), *typed = start->argv[0];
	const char *invocation = launcher_string(start->launcher, start->launcher->invocation_path);
	if ((start->launcher->flags & LAUNCHER_INTERPRETER) || !called || !has_own_name(start, called))
		return;
	start->is_own_name = 1;
	if (!start->argc || !has_own_name(start, typed))
		return;
	const char *shown = last_component(typed) == typed ? last_component(invocation) : invocation;
	start->shown = same_string(shown, typed) ? 0 : shown;
}

/*
 * Without prctl the kernel is not told where the arguments are. There the launcher executes itself once more, by the path by
 * which it was executed, with the right argv[0]. A script has another argv[0] than path, and would begin anew for ever.
 */
static void show_without_prctl(struct start *start)
{
	const char *called = (const char *)auxiliary_value(start, AT_EXECFN), *typed = start->argv[0];
	if (same_string(typed, called)) {
		start->argv[0] = (char *)start->shown;
		call3(__NR_execve, called, start->argv, start->envp);
		start->argv[0] = (char *)typed;
	}
	start->shown = 0;
}

/*
 * argv[0] is written so that it ends where the old one did: programs that write a title over their arguments rely on the
 * strings being neighbours. Below the strings the kernel leaves a random gap of up to 8 KiB (arch_align_stack), or none; where
 * that is too small, what stands below it moves.
 */
static void place_first_argument(struct start *start)
{
	choose_names(start);
	if (start->shown && !start->may_describe)
		show_without_prctl(start);
	if (!start->shown)
		return;
	uint64_t at = string_end(start->argv[0]) - string_length(start->shown) - 1;
	uint64_t end = occupied_below(start, (uint64_t)start->argv[0]);
	if (at < end)
		/* The stack pointer stays a multiple of 16 (AMD64 supplement, 3.4.1). */
		start_lower(start, end, (end - at + 15) & ~15ul);
	start->first_argument = (char *)at;
}

/* Linux lets a process write its name into this file, too, which asks for nothing that a filter refuses. */
static void write_command_name(const char *name)
{
	int file = open_file("/proc/self/comm", O_WRONLY);
	if (file < 0)
		return;
	call3(__NR_write, file, name, string_length(name));
	call1(__NR_close, file);
}

/* The kernel named the process by the last component of the path, cut to 15 bytes. */
static void name_process(const struct start *start)
{
	const char *name = plan_string(start->plan, start->plan->command_name);
	const char *own = launcher_string(start->launcher, start->launcher->own_name);
	size_t length = string_length(name);
	if (!start->is_own_name || (begins_with(own, name) && (!own[length] || length == COMMAND_NAME_LENGTH)))
		return;
	if (start->may_describe)
		call2(__NR_prctl, PR_SET_NAME, name);
	else
		write_command_name(name);
}
