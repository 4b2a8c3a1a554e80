/*
 * Handing over: the program runs as if linkonce were not there. May rely on stage 1 only, so that it is possible at any
 * moment up to the last stage. A launcher executes the program. In interpreter mode the real linker is mapped and entered, as
 * long as the kernel's mapping of the program is there; afterwards the original program is executed, too.
 */
#pragma once
#include "count.h"
#include "start.h"

static int segment_protection(const Elf64_Phdr *segment)
{
	return (segment->p_flags & PF_R ? PROT_READ : 0) | (segment->p_flags & PF_W ? PROT_WRITE : 0) |
	       (segment->p_flags & PF_X ? PROT_EXEC : 0);
}

/* Maps one PT_LOAD as the kernel's binfmt_elf does: the file's part, then zero up to p_memsz. */
static int map_segment(const Elf64_Phdr *segment, uint64_t bias, int file)
{
	uint64_t begin = page_down(bias + segment->p_vaddr), file_end = bias + segment->p_vaddr + segment->p_filesz;
	uint64_t end = page_up(bias + segment->p_vaddr + segment->p_memsz);
	int protection = segment_protection(segment);
	if (failed(map(begin, page_up(file_end) - begin, protection, MAP_PRIVATE | MAP_FIXED, file,
		       page_down(segment->p_offset))))
		return -1;
	if (segment->p_memsz == segment->p_filesz)
		return 0;
	memset((void *)file_end, 0, page_up(file_end) - file_end);
	if (end == page_up(file_end))
		return 0;
	return failed(map(page_up(file_end), end - page_up(file_end), protection,
			  MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0))
		       ? -1
		       : 0;
}

#define LINKER_HEAD 1024

/* Interpreter mode: the kernel has mapped the program, and would have mapped the real linker. */
static __attribute__((noreturn)) void enter_linker(struct start *start, const char *linker)
{
	char head[LINKER_HEAD] __attribute__((aligned(8)));
	int file = open_file(linker, 0);
	if (file < 0 || call4(__NR_pread64, file, head, sizeof head, 0) < (long)sizeof(Elf64_Ehdr))
		die(linker, "the program's dynamic linker cannot be read");
	const Elf64_Ehdr *elf = (const Elf64_Ehdr *)head;
	const Elf64_Phdr *segments = (const Elf64_Phdr *)(head + elf->e_phoff);
	if (elf->e_phoff + elf->e_phnum * sizeof *segments > sizeof head)
		die(linker, "the program's dynamic linker has its program headers in an unusual place");
	uint64_t end = 0;
	for (int i = 0; i < elf->e_phnum; i++)
		if (segments[i].p_type == PT_LOAD)
			end = page_up(segments[i].p_vaddr + segments[i].p_memsz);
	uint64_t bias = (uint64_t)map(0, end, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < elf->e_phnum; i++)
		if (segments[i].p_type == PT_LOAD && (failed((long)bias) || map_segment(&segments[i], bias, file) < 0))
			die(linker, "the program's dynamic linker cannot be mapped");
	call1(__NR_close, file);
	set_auxiliary(start, AT_BASE, bias);
	jump(bias + elf->e_entry, start->stack, 0);
}

static void unmap(const struct range *range)
{
	if (range->end)
		call2(__NR_munmap, range->begin, range->end - range->begin);
}

/*
 * Interpreter mode: what was mapped for the image goes, so that the linker finds the address space, and the limits of it, as the
 * kernel would have left them. The plan goes last.
 */
static void give_back(struct start *start)
{
	if (start->plan) {
		const struct plan_step *step = TABLE(start->plan, step);
		for (uint32_t i = 0; i < start->steps_taken; i++, step++)
			if (step->operation != OPERATION_PROTECT)
				call2(__NR_munmap, placed(start, step->address, step->region), step->length);
		const struct plan_region *region = TABLE(start->plan, region);
		for (uint32_t i = 0; i < start->regions_reserved; i++, region++)
			if (region->alignment)
				call2(__NR_munmap, placed(start, region->address, i), region->length);
	}
	if (start->kernel_break)
		call1(__NR_brk, start->kernel_break);
	if (start->launcher->covered)
		call2(__NR_munmap, hole_before_loader(start->launcher), start->launcher->covered);
	unmap(&start->fixes);
	unmap(&start->head);
	start->plan = 0;
}

static int is_this_launcher(const char *path)
{
	struct stat self, other;
	return !failed(status_of_path("/proc/self/exe", &self)) && !failed(status_of_path(path, &other)) &&
	       self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

/* valgrind.h: VG_USERREQ__RUNNING_ON_VALGRIND, VG_USERREQ__CLO_CHANGE */
#define RUNNING_ON_VALGRIND 0x1001
#define CHANGE_OPTION 0x1203

/*
 * valgrind does not follow an execution if nobody told it to, and who calls it wants to see the program: so it is told. The option is
 * this process's only; what the program executes is followed as the person said. Valgrind shows a process no vdso, so that every
 * start hands over there.
 */
static void have_valgrind_follow(void)
{
	if (ask_valgrind(RUNNING_ON_VALGRIND, 0))
		ask_valgrind(CHANGE_OPTION, "--trace-children=yes");
}

/*
 * As it was named at bind, or by its resolved path where the name now leads back here. The kernel names the process after that
 * path: whoever was called by another name (xzcat) finds it in argv[0], but not in AT_EXECFN and comm. An execution by descriptor
 * would put a number there, and a path with the other name need not lead anywhere.
 */
static __attribute__((noreturn, noinline, cold)) void execute(struct start *start, const char *invocation, const char *program)
{
	const char *path = is_this_launcher(invocation) ? program : invocation;
	if (is_this_launcher(path))
		die(path, "the launcher stands in its program's place");
	have_valgrind_follow();
	call3(__NR_execve, path, start->argv, start->envp);
	die(path, "the original program cannot be executed");
}

/* What a launcher is for that only says whether it would be used: `why` it would hand over, or 0. */
static __attribute__((noreturn)) void answer(const char *why)
{
	if (why)
		call3(__NR_write, 1, why, string_length(why));
	for (;;)
		call1(__NR_exit_group, why ? ANSWER_HANDS_OVER : ANSWER_RUNS);
}

static void note_hand_over(const struct start *start, const char *program, const char *count_path, const char *why)
{
	if (start->debug)
		say_line(program, ": handed over to the platform's linker: ", why);
	count_hand_over(start, count_path, why);
}

/*
 * Interpreter mode: the copy that was started holds the program of the bind. Where that is another one by now, the copy is
 * stale, unless it stands in its place.
 */
static int is_other_program(const struct start *start, const char *program)
{
	return start->other_program && !is_this_launcher(program);
}

/* The program runs as if linkonce were not there. */
static __attribute__((noreturn, noinline, cold)) void hand_over(struct start *start, const char *why)
{
	const struct launcher *launcher = start->launcher;
	const char *program = launcher_string(launcher, launcher->program_path);
	if (launcher->flags & LAUNCHER_ONLY_ASKED)
		answer(why);
	note_hand_over(start, program, launcher_string(launcher, launcher->count_path), why);
	if (start->image >= 0)
		call1(__NR_close, start->image);
	if (start->settled.file >= 0)
		call1(__NR_close, start->settled.file);
	if (start->place >= 0)
		call1(__NR_close, start->place);
	if ((launcher->flags & LAUNCHER_INTERPRETER) && !start->replaced && !is_other_program(start, program)) {
		give_back(start);
		enter_linker(start, launcher_string(launcher, launcher->interpreter_path));
	}
	if (start->shown)
		start->argv[0] = (char *)start->shown;
	execute(start, launcher_string(launcher, launcher->invocation_path), program);
}
