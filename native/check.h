/*
 * Stage 2, check: the plan is whole and ours, and every answer that the linker got is still the same. Each check
 * answers 0, or in words why not. Nothing is changed but that the plan is mapped.
 */
#pragma once
#include "checksum.h"
#include "directory.h"
#include "filter.h"
#include "folder.h"
#include "hand-over.h"
#include "ld-cache.h"
#include "settled.h"

/* src/program/environment.ts says which these are, and why. */
static int is_linker_variable(const char *entry)
{
	return begins_with(entry, "LD_") || begins_with(entry, "MALLOC_") || begins_with(entry, "GLIBC_TUNABLES=");
}

/* FNV-1a of 64 bits; src/image/variables-digest.ts is the other side. */
static uint64_t digest_of(const char *text)
{
	uint64_t digest = 0xcbf29ce484222325ull;
	for (; *text; text++)
		digest = (digest ^ (unsigned char)*text) * 0x100000001b3ull;
	return digest;
}

/* Says the names of the variables that are set. */
static __attribute__((noinline, cold)) const char *not_bound(const struct start *start)
{
	if (!start->debug)
		return REASON_VARIABLES;
	const char *between = "linkonce: set: ";
	for (char **entry = start->envp; *entry; entry++) {
		size_t length = 0;
		if (!is_linker_variable(*entry))
			continue;
		while ((*entry)[length] && (*entry)[length] != '=')
			length++;
		say(between);
		call3(__NR_write, 2, *entry, length);
		between = ", ";
	}
	say(start->variables ? "\n" : "linkonce: none of them is set\n");
	return REASON_VARIABLES;
}

/* Which of the launcher's forms is for the variables of this process. In which order they are set makes no difference. */
static const char *find_form(struct start *start)
{
	if (auxiliary_value(start, AT_SECURE))
		return REASON_RAISED_PRIVILEGES;
	uint64_t digest = 0;
	for (char **entry = start->envp; *entry; entry++)
		if (is_linker_variable(*entry)) {
			digest += digest_of(*entry);
			start->variables++;
		}
	const struct launcher_form *form = (const struct launcher_form *)(start->launcher + 1);
	for (uint32_t i = 0; i < start->launcher->forms_count; i++, form++)
		if (form->variables == digest) {
			start->form = form;
			return 0;
		}
	return not_bound(start);
}

/* Each of the plan's variables is set, and there are no more than these: none is there twice either. */
static const char *check_variables(const struct start *start)
{
	const struct plan *plan = start->plan;
	const struct plan_variable *variable = TABLE(plan, variable);
	if (start->variables != plan->variables_count)
		return not_bound(start);
	for (uint32_t i = 0; i < plan->variables_count; i++, variable++)
		if (!find_variable(start, plan_string(plan, variable->text)))
			return not_bound(start);
	return 0;
}

/*
 * The plan stands at its own address from here on, whatever becomes of the rest; behind it the loader, and memory of the
 * program where it has the same protection.
 */
static const char *map_head(struct start *start)
{
	const struct stat *status = &start->image_status;
	const struct launcher *launcher = start->launcher;
	const struct launcher_form *form = start->form;
	if (status->st_size < PLAN_OFFSET + (long)form->head_size)
		return REASON_IMAGE_TRUNCATED;
	long at = map(form->plan_address, form->head_size, PROT_READ | PROT_EXEC,
		      MAP_PRIVATE | MAP_FIXED_NOREPLACE, start->image, PLAN_OFFSET);
	if (failed(at) && at != -EEXIST)
		return shortage_or(at, REASON_IMAGE_UNMAPPED);
	if (!failed(at)) {
		start->head.begin = (uint64_t)at;
		start->head.end = (uint64_t)at + page_up(form->head_size);
	}
	if (at != (long)form->plan_address) {
		if (launcher->flags & LAUNCHER_END_ON_COLLISION)
			die(launcher_string(launcher, launcher->program_path), "the range of its image is taken");
		return REASON_IMAGE_RANGE_TAKEN;
	}
	const struct plan *plan = (const struct plan *)at;
	if (plan->magic != PLAN_MAGIC || plan->version != PLAN_VERSION || plan->header_size != sizeof *plan)
		return REASON_IMAGE_VERSION;
	/* The first words hold the checksum itself. */
	const uint64_t *words = (const uint64_t *)plan + 3;
	if (plan->checksum != form->checksum ||
	    checksum(words, form->tables_size / 8 - 3) != form->checksum)
		return REASON_IMAGE_DAMAGED;
	if ((uint64_t)status->st_size != plan->file_size)
		return REASON_IMAGE_TRUNCATED;
	start->plan = plan;
	return 0;
}

/* See owner.h. What was compared with the launcher's own digest is what its author wrote, too. */
static int is_trusted(struct start *start)
{
	const struct stat *image = &start->image_status;
	if (is_own_or_roots(start, image))
		return 1;
	return image->st_uid == OVERFLOW_UID && !knows_all_owners() && (IS_SAME_FILE(image, start->form) || has_settled(start));
}

static const char *check_image(struct start *start)
{
	const struct launcher_form *form = start->form;
	struct stat *status = &start->image_status;
	start->image = open_file(launcher_string(start->launcher, form->path), 0);
	if (start->image == -EACCES) {
		/* The loader may be closed to this user, too: then the kernel guards this process, and would not guard the program. */
		start->other_program = 1;
		return REASON_IMAGE_UNREADABLE;
	}
	if (start->image < 0)
		return shortage_or(start->image, REASON_NO_IMAGE);
	if (failed(status_of_file(start->image, status)))
		return REASON_IMAGE_UNKNOWN;
	if (!is_trusted(start))
		return REASON_IMAGE_FOREIGN;
	if (status->st_mode & GROUP_OR_OTHER_WRITES)
		return REASON_IMAGE_WRITABLE;
	return map_head(start);
}

/* The row of the program's file, or of the name that leads to it. */
static int is_program(const struct plan *plan, const struct plan_file *file)
{
	return file->path == plan->program_path || file->path == plan->invocation_path;
}

/* A launcher may stand in the place of the link to its program: that name means the launcher, and leads nowhere else. */
static int is_replaced_link(const struct plan *plan, const struct plan_file *file)
{
	return file->path == plan->invocation_path && plan->invocation_path != plan->program_path &&
	       is_this_launcher(plan_string(plan, plan->invocation_path));
}

static int is_cache(const struct plan *plan, const struct plan_file *file)
{
	return plan->cached_count && file->path == plan->cache_path;
}

static __attribute__((noinline, cold)) const char *changed(const struct start *start, const char *path, long result)
{
	if (shortage(result))
		return shortage(result);
	if (start->debug)
		say_line(path, " is not as at bind", "");
	return REASON_FILE_CHANGED;
}

/* What a backing maps is asked when it is opened: see map_image. */
static const char *check_identities(struct start *start)
{
	const struct plan *plan = start->plan;
	const struct plan_file *file = TABLE(plan, file);
	struct directory directory = { 0, AT_FDCWD };
	struct stat now;
	const char *why = 0;
	for (uint32_t i = 0; i < plan->files_count && !why; i++, file++) {
		if (file->mapped)
			continue;
		const char *path = plan_string(plan, file->path);
		long result = enter_directory(&directory, plan, file->directory);
		if (!result)
			result = call4(__NR_newfstatat, directory.file, path, &now, 0);
		if ((!failed(result) && (IS_SAME_FILE(&now, file) || is_settled(start, row_of_file(i), &now))) ||
		    is_replaced_link(plan, file))
			continue;
		start->other_program = !failed(result) && is_program(plan, file);
		why = is_cache(plan, file) && !failed(result) ? check_cache(start) : changed(start, path, result);
	}
	leave_directory(&directory);
	return why;
}

/* Only where the program's file has several names: then its identity does not tell which of them the links lead to. */
static const char *check_links(struct start *start)
{
	const struct plan *plan = start->plan;
	const struct plan_link *link = TABLE(plan, link);
	if (plan->links_count && start->is_filtered)
		return REASON_FILTERED_LINKS;
	for (uint32_t i = 0; i < plan->links_count; i++, link++) {
		const char *path = plan_string(plan, link->path), *text = plan_string(plan, link->text);
		size_t length = string_length(text);
		char now[length + 1];
		long result = call4(__NR_readlinkat, AT_FDCWD, path, now, length + 1);
		if (result == (long)length && same_bytes(now, text, length))
			continue;
		if (is_this_launcher(plan_string(plan, plan->invocation_path)))
			return 0;
		start->other_program = 1;
		return changed(start, path, result);
	}
	return 0;
}

static int is_as_at_bind(const struct start *start, const struct plan_path *path, const char *name, long result,
			 const struct stat *now)
{
	int absent = result == -ENOENT || result == -ENOTDIR || result == -EACCES;
	int directory = !failed(result) && (now->st_mode & S_IFMT) == S_IFDIR;
	switch (path->kind) {
	case PATH_ABSENT:
		return absent;
	case PATH_DIRECTORY:
		return directory;
	default:
		/* The linker never asks what is in a folder: under a filter that is not asked, either. */
		return absent || (directory && !start->is_filtered && is_empty_folder(name));
	}
}

static const char *check_files(struct start *start)
{
	const struct plan *plan = start->plan;
	const char *why = check_identities(start);
	why = why ? why : check_links(start);
	if (why)
		return why;
	const struct plan_path *path = TABLE(plan, path);
	for (uint32_t i = 0; i < plan->paths_count; i++, path++) {
		struct stat now;
		const char *name = plan_string(plan, path->path);
		long result = status_of_path(name, &now);
		if (!is_as_at_bind(start, path, name, result, &now))
			return changed(start, name, result);
	}
	return 0;
}

static const char *check_kernel(struct start *start)
{
	const struct plan *plan = start->plan;
	const struct plan_call *asked = TABLE(plan, call);
	for (uint32_t i = 0; i < plan->calls_count; i++, asked++) {
		uint64_t answer[3] = { 0, 0, 0 };
		if (call2(asked->number, asked->argument, answer) != asked->result || answer[0])
			return REASON_KERNEL_ANSWER;
	}
	if (!plan->least_stack_limit)
		return 0;
	uint64_t limits[2];
	if (failed(call4(__NR_prlimit64, 0, RLIMIT_STACK, 0, limits)) || limits[0] < plan->least_stack_limit)
		return REASON_STACK_LIMIT;
	start->stack_limit = limits[0];
	return 0;
}

static const char *check_machine(const struct start *start)
{
	const struct plan *plan = start->plan;
	const struct plan_auxiliary *auxiliary = TABLE(plan, auxiliary);
	for (uint32_t i = 0; i < plan->auxiliary_count; i++, auxiliary++)
		if (auxiliary_value(start, auxiliary->type) != auxiliary->value)
			return REASON_MACHINE;
	const char *platform = (const char *)auxiliary_value(start, AT_PLATFORM);
	if (!same_string(platform ? platform : "", plan_string(plan, plan->platform)))
		return REASON_PLATFORM;
	const struct plan_cpuid *expected = TABLE(plan, cpuid);
	for (uint32_t i = 0; i < plan->cpuid_count; i++, expected++) {
		struct cpuid now = cpuid(expected->leaf, expected->subleaf);
		/* Leaf 1 has the number of this very processor in ebx. */
		if (expected->leaf == 1)
			now.ebx = expected->ebx;
		if (now.eax != expected->eax || now.ebx != expected->ebx || now.ecx != expected->ecx ||
		    now.edx != expected->edx)
			return REASON_PROCESSOR;
	}
	if (plan->xcr0 && xgetbv() != plan->xcr0)
		return REASON_PROCESSOR_STATE;
	return 0;
}

/* The vdso's notes hold its build id. */
static const char *check_vdso(const struct start *start)
{
	const struct plan *plan = start->plan;
	const char *vdso = (const char *)auxiliary_value(start, AT_SYSINFO_EHDR);
	if (!vdso)
		return REASON_NO_VDSO;
	const Elf64_Ehdr *elf = (const Elf64_Ehdr *)vdso;
	const Elf64_Phdr *segment = (const Elf64_Phdr *)(vdso + elf->e_phoff);
	for (int i = 0; i < elf->e_phnum; i++, segment++)
		if (segment->p_type == PT_NOTE)
			return segment->p_filesz == plan->vdso_notes_size &&
					       same_bytes(vdso + segment->p_offset, plan_string(plan, plan->vdso_notes),
							  plan->vdso_notes_size)
				       ? 0
				       : REASON_VDSO;
	return REASON_VDSO_NOTES;
}

/* Whether the exe link can be set is known when all else is done (native/finish.h); where prctl is refused it is known here. */
static const char *check_exe_link(const struct start *start)
{
	if (!(start->plan->flags & PLAN_NEEDS_EXE_LINK) || (start->launcher->flags & LAUNCHER_INTERPRETER))
		return 0;
	return start->may_describe ? 0 : REASON_EXE_LINK;
}

/* The platform's linker draws one word, without waiting for the kernel to have enough randomness. */
static const char *draw_random(struct start *start)
{
	const struct plan_word *word = TABLE(start->plan, word);
	for (uint32_t i = 0; i < start->plan->words_count; i++, word++)
		if (word->source == SOURCE_RANDOM)
			return call3(__NR_getrandom, &start->random, sizeof start->random, GRND_NONBLOCK) ==
					       sizeof start->random
				       ? 0
				       : REASON_NO_RANDOM;
	return 0;
}

/*
 * Whether a debugger has written a breakpoint to a place that nobody else writes to, and nobody executes. A launcher has the symbol
 * `main` at one (src/image/launcher-head.ts). In interpreter mode they are in the hole that stands where it believes the linker; it has
 * breakpoints in the kernel's mapping of the program, too, which the image would replace. So the program is executed anew, which
 * tells the debugger of all that it has, unless the copy stands in its place.
 */
static int has_breakpoint(const struct launcher *launcher)
{
	const char *head = hole_before_loader(launcher);
	return (launcher->watched_function && head[launcher->watched_function]) ||
	       (launcher->watched_probe && head[launcher->watched_probe]);
}

/*
 * Debuggers have the kernel draw no addresses. Then the path of what was executed ends in the last word but one of the address space
 * (fs/exec.c, bprm_mm_init), where it is else in one of four million starts: only then it is asked whether somebody traces.
 */
static int is_traced_in_place(const struct start *start)
{
	const char *called = (const char *)auxiliary_value(start, AT_EXECFN);
	return called && string_end(called) == STACK_TOP - sizeof(uint64_t) && status_has("TracerPid", 0);
}

static const char *check_debugger(struct start *start)
{
	const struct launcher *launcher = start->launcher;
	int is_watched = has_breakpoint(launcher);
	start->other_program |= is_watched;
	/* In interpreter mode a debugger has the program's own symbols, and its breakpoints tell of it. */
	if (!is_watched && !(launcher->flags & LAUNCHER_INTERPRETER))
		is_watched = is_traced_in_place(start);
	return is_watched ? REASON_DEBUGGER : 0;
}

static const char *check(struct start *start)
{
	const char *why = check_debugger(start);
	why = why ? why : find_form(start);
	why = why ? why : check_image(start);
	why = why ? why : check_variables(start);
	why = why ? why : check_files(start);
	why = why ? why : check_kernel(start);
	why = why ? why : check_machine(start);
	why = why ? why : check_vdso(start);
	why = why ? why : draw_random(start);
	return why ? why : check_exe_link(start);
}
