/*
 * The loader: in every launcher, and once more in the image, where its last stage runs.
 *
 * The kernel enters it instead of the program (or, in interpreter mode, as the program's PT_INTERP). It maps the image
 * as the plan says, writes the few words that each process has for itself, replays what the platform's linker would
 * have registered with the kernel, and goes on where that linker stood when it was captured.
 *
 * It is one flat piece of code without data, relocations or libraries. Its only inputs are the kernel's initial stack, the
 * trailer that follows it in the launcher, and the plan. It runs the right code or hands over: on any doubt it executes
 * the original program with the same arguments and environment (in interpreter mode it maps the real linker and
 * enters it). Stages, each of which may rely on those before:
 *
 *   1 read    the stack is the kernel's; nothing is changed
 *   2 check   the plan is whole and ours; every answer that the linker got is still the same
 *   3 map     all ranges are free; the image is mapped, process words are written, RELRO is sealed
 *   4 finish  runs in the image's copy of this code: the launcher's own pages go, the kernel is told, and we jump
 */
#include "plan.h"
#include "system.h"

extern const char loader_begin[], loader_end[];

__asm__(".section .text.start,\"ax\",@progbits\n"
	".globl _start\n"
	"_start:\n"
	"	mov %rsp, %rdi\n"
	"	xor %ebp, %ebp\n"
	"	and $-16, %rsp\n"
	"	call loader\n"
	"	hlt\n"
	".text\n");

struct auxiliary {
	uint64_t type, value;
};

/* Whole pages. */
struct range {
	uint64_t begin, end;
};

/* Types above this one are not looked at. */
#define AUXILIARY_TYPES 64

struct start {
	uint64_t *stack;
	uint64_t argc;
	char **argv, **envp;
	struct auxiliary *auxv;
	struct auxiliary *entry_of[AUXILIARY_TYPES];
	const struct launcher *launcher;
	const struct plan *plan;
	int image;
	int debug;
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
#define PLAN_OFFSET_step steps_offset
#define PLAN_OFFSET_seal seals_offset
#define PLAN_OFFSET_file files_offset
#define PLAN_OFFSET_path paths_offset
#define PLAN_OFFSET_call calls_offset
#define PLAN_OFFSET_limit limits_offset
#define PLAN_OFFSET_auxiliary auxiliary_offset
#define PLAN_OFFSET_cpuid cpuid_offset
#define PLAN_OFFSET_word words_offset

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

/* ---- words for people ---- */

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

static const char *no_exe_link(void)
{
	return "it reads /proc/self/exe, and this user may not set that link";
}

static __attribute__((noreturn)) void die(const char *program, const char *why)
{
	say_line(program, ": cannot be started: ", why);
	for (;;)
		call1(__NR_exit_group, 127);
}

/* ---- stage 1: read ---- */

static void read_stack(struct start *start, uint64_t *stack)
{
	memset(start, 0, sizeof *start);
	start->stack = stack;
	start->image = -1;
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

/* ---- handing over ---- */

static int segment_protection(const Elf64_Phdr *segment)
{
	return (segment->p_flags & PF_R ? PROT_READ : 0) | (segment->p_flags & PF_W ? PROT_WRITE : 0) |
	       (segment->p_flags & PF_X ? PROT_EXEC : 0);
}

static uint64_t page_down(uint64_t value)
{
	return value & ~(PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t value)
{
	return page_down(value + PAGE_SIZE - 1);
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

static __attribute__((noreturn)) void jump(uint64_t target, uint64_t *stack, uint64_t rax)
{
	__asm__ volatile("mov %0, %%rsp\n"
			 "xor %%ebp, %%ebp\n"
			 "xor %%edx, %%edx\n"
			 "jmp *%1"
			 :
			 : "r"(stack), "r"(target), "a"(rax)
			 : "memory");
	__builtin_unreachable();
}

#define LINKER_HEAD 1024

/* Interpreter mode: the kernel has mapped the program, and would have mapped the real linker. */
static __attribute__((noreturn)) void enter_linker(struct start *start, const char *linker)
{
	char head[LINKER_HEAD] __attribute__((aligned(8)));
	int file = (int)call3(__NR_open, linker, O_CLOEXEC, 0);
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

static int is_this_launcher(const char *path)
{
	struct stat self, other;
	return !failed(call2(__NR_stat, "/proc/self/exe", &self)) && !failed(call2(__NR_stat, path, &other)) &&
	       self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

/* As it was named at bind, or by its resolved path where the name now leads back here. */
static __attribute__((noreturn)) void execute(struct start *start, const char *invocation, const char *program)
{
	const char *called = (const char *)auxiliary_value(start, AT_EXECFN);
	const char *path = is_this_launcher(invocation) ? program : invocation;
	if (is_this_launcher(path))
		die(path, "the launcher stands in its program's place");
	if (start->argc && called && same_string(start->argv[0], called))
		start->argv[0] = (char *)invocation;
	call3(__NR_execve, path, start->argv, start->envp);
	die(path, "the original program cannot be executed");
}

/* The program runs as if linkonce were not there. */
static __attribute__((noreturn)) void hand_over(struct start *start, const char *why)
{
	const struct launcher *launcher = start->launcher;
	const char *program = launcher_string(launcher, launcher->program_path);
	if (start->debug)
		say_line(program, ": handed over to the platform's linker: ", why);
	if (start->replaced)
		die(program, why);
	if (start->image >= 0)
		call1(__NR_close, start->image);
	if (launcher->flags & LAUNCHER_INTERPRETER)
		enter_linker(start, launcher_string(launcher, launcher->interpreter_path));
	execute(start, launcher_string(launcher, launcher->invocation_path), program);
}

/* ---- stage 2: check ---- */

/* glibc reads LD_… and GLIBC_TUNABLES, and MALLOC_… as other names of tunables (elf/dl-tunables.list). */
static const char *check_environment(const struct start *start)
{
	if (auxiliary_value(start, AT_SECURE))
		return "it runs with raised privileges";
	for (char **entry = start->envp; *entry; entry++) {
		if (begins_with(*entry, "LD_"))
			return "a variable LD_… is set";
		if (begins_with(*entry, "GLIBC_TUNABLES="))
			return "GLIBC_TUNABLES is set";
		if (begins_with(*entry, "MALLOC_"))
			return "a variable MALLOC_… is set";
	}
	return 0;
}

/* Four lanes of multiply and rotate over 64-bit words; a check against damage, not against enemies: see check_image. */
static uint64_t checksum(const uint64_t *words, uint64_t count)
{
	uint64_t lane[4] = { 1, 2, 3, 4 };
	for (uint64_t i = 0; i < count; i++) {
		uint64_t mixed = (lane[i & 3] ^ words[i]) * 0x9e3779b97f4a7c15ull;
		lane[i & 3] = mixed << 29 | mixed >> 35;
	}
	uint64_t sum = count;
	for (int i = 0; i < 4; i++)
		sum = (sum ^ lane[i]) * 0x9e3779b97f4a7c15ull;
	return sum ^ sum >> 32;
}

/* The plan stands at its own address from here on, whatever becomes of the rest. */
static const char *map_plan(struct start *start, const struct stat *status)
{
	const struct launcher *launcher = start->launcher;
	if (status->st_size < (long)launcher->tables_size)
		return "the image is truncated";
	long at = map(launcher->plan_address, launcher->tables_size, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE,
		      start->image, 0);
	if (at != (long)launcher->plan_address)
		return "the plan's range is taken";
	const struct plan *plan = (const struct plan *)at;
	if (plan->magic != PLAN_MAGIC || plan->version != PLAN_VERSION || plan->header_size != sizeof *plan)
		return "the image is not of this version";
	/* The first words hold the checksum itself. */
	const uint64_t *words = (const uint64_t *)plan + 3;
	if (plan->checksum != launcher->checksum ||
	    checksum(words, launcher->tables_size / 8 - 3) != launcher->checksum)
		return "the image is damaged, or another one than at bind";
	if ((uint64_t)status->st_size != plan->file_size)
		return "the image is truncated";
	start->plan = plan;
	return 0;
}

static const char *check_image(struct start *start)
{
	const struct launcher *launcher = start->launcher;
	struct stat status;
	start->image = (int)call3(__NR_open, launcher_string(launcher, launcher->image_path), O_CLOEXEC, 0);
	if (start->image < 0)
		return "there is no image";
	if (failed(call2(__NR_fstat, start->image, &status)))
		return "the image cannot be looked at";
	if (status.st_uid != 0 && status.st_uid != auxiliary_value(start, AT_EUID))
		return "the image belongs to another user";
	if (status.st_mode & GROUP_OR_OTHER_WRITES)
		return "others may write to the image";
	return map_plan(start, &status);
}

static const char *check_files(const struct plan *plan)
{
	const struct plan_file *file = TABLE(plan, file);
	struct stat now;
	for (uint32_t i = 0; i < plan->files_count; i++, file++) {
		if (failed(call2(__NR_stat, plan_string(plan, file->path), &now)))
			return plan_string(plan, file->path);
		if (now.st_dev != file->device || now.st_ino != file->inode || (uint64_t)now.st_size != file->size ||
		    (int64_t)now.st_mtime != file->mtime_seconds || now.st_mtime_nsec != file->mtime_nanoseconds ||
		    (int64_t)now.st_ctime != file->ctime_seconds || now.st_ctime_nsec != file->ctime_nanoseconds)
			return plan_string(plan, file->path);
	}
	const struct plan_path *path = TABLE(plan, path);
	for (uint32_t i = 0; i < plan->paths_count; i++, path++) {
		long result = call2(__NR_stat, plan_string(plan, path->path), &now);
		int absent = result == -ENOENT || result == -ENOTDIR;
		int directory = !failed(result) && (now.st_mode & S_IFMT) == S_IFDIR;
		if (path->kind == PATH_ABSENT ? !absent : !directory)
			return plan_string(plan, path->path);
	}
	return 0;
}

static const char *check_kernel(const struct plan *plan)
{
	const struct plan_call *asked = TABLE(plan, call);
	for (uint32_t i = 0; i < plan->calls_count; i++, asked++) {
		uint64_t answer[3] = { 0, 0, 0 };
		if (call2(asked->number, asked->argument, answer) != asked->result || answer[0])
			return "the kernel answers a question of the linker in another way";
	}
	const struct plan_limit *limit = TABLE(plan, limit);
	for (uint32_t i = 0; i < plan->limits_count; i++, limit++) {
		uint64_t now[2];
		if (failed(call4(__NR_prlimit64, 0, limit->resource, 0, now)) || now[0] != limit->current ||
		    now[1] != limit->maximum)
			return "a resource limit is another one than at bind";
	}
	return 0;
}

static const char *check_machine(const struct start *start)
{
	const struct plan *plan = start->plan;
	const struct plan_auxiliary *auxiliary = TABLE(plan, auxiliary);
	for (uint32_t i = 0; i < plan->auxiliary_count; i++, auxiliary++)
		if (auxiliary_value(start, auxiliary->type) != auxiliary->value)
			return "the kernel describes another machine";
	const char *platform = (const char *)auxiliary_value(start, AT_PLATFORM);
	if (!same_string(platform ? platform : "", plan_string(plan, plan->platform)))
		return "the kernel names another platform";
	const struct plan_cpuid *expected = TABLE(plan, cpuid);
	for (uint32_t i = 0; i < plan->cpuid_count; i++, expected++) {
		struct cpuid now = cpuid(expected->leaf, expected->subleaf);
		/* Leaf 1 has the number of this very processor in ebx. */
		if (expected->leaf == 1)
			now.ebx = expected->ebx;
		if (now.eax != expected->eax || now.ebx != expected->ebx || now.ecx != expected->ecx ||
		    now.edx != expected->edx)
			return "the processor has other features";
	}
	if (plan->xcr0 && xgetbv() != plan->xcr0)
		return "the kernel enables other processor features";
	return 0;
}

/* The vdso's notes hold its build id. */
static const char *check_vdso(const struct start *start)
{
	const struct plan *plan = start->plan;
	const char *vdso = (const char *)auxiliary_value(start, AT_SYSINFO_EHDR);
	if (!vdso)
		return "there is no vdso";
	const Elf64_Ehdr *elf = (const Elf64_Ehdr *)vdso;
	const Elf64_Phdr *segment = (const Elf64_Phdr *)(vdso + elf->e_phoff);
	for (int i = 0; i < elf->e_phnum; i++, segment++)
		if (segment->p_type == PT_NOTE)
			return segment->p_filesz == plan->vdso_notes_size &&
					       same_bytes(vdso + segment->p_offset, plan_string(plan, plan->vdso_notes),
							  plan->vdso_notes_size)
				       ? 0
				       : "the vdso is another one";
	return "the vdso has no notes";
}

/* capabilities(7): which of them prctl(PR_SET_MM_MAP) asks for to change the link of /proc/self/exe. */
static const char *check_exe_link(const struct start *start)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	const unsigned enough[] = { CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN };
	if (!(start->plan->flags & PLAN_NEEDS_EXE_LINK) || (start->launcher->flags & LAUNCHER_INTERPRETER))
		return 0;
	if (!failed(call2(__NR_capget, &head, data)))
		for (unsigned i = 0; i < 2; i++)
			if (data[CAP_TO_INDEX(enough[i])].effective & CAP_TO_MASK(enough[i]))
				return 0;
	return no_exe_link();
}

/* The end of whatever the kernel put last below a string of the stack. */
static uint64_t occupied_below(const struct start *start, uint64_t string)
{
	uint64_t end = (uint64_t)start->auxv;
	for (const struct auxiliary *entry = start->auxv; entry->type != AT_NULL; entry++)
		end = (uint64_t)(entry + 2);
	if (auxiliary_value(start, AT_RANDOM) < string && auxiliary_value(start, AT_RANDOM) + 16 > end)
		end = auxiliary_value(start, AT_RANDOM) + 16;
	const unsigned strings[] = { AT_PLATFORM, AT_BASE_PLATFORM };
	for (unsigned i = 0; i < 2; i++) {
		uint64_t at = auxiliary_value(start, strings[i]);
		if (at && at < string && string_end((const char *)at) > end)
			end = string_end((const char *)at);
	}
	return end;
}

/*
 * A launcher that was called by its own path shows the program's path as argv[0], as the program itself would have been
 * called. It is written so that it ends where the old one did: programs that write a title over their arguments rely on
 * the strings being neighbours. The kernel leaves a random gap below; without room the original program is executed.
 */
static const char *place_first_argument(struct start *start)
{
	const char *called = (const char *)auxiliary_value(start, AT_EXECFN);
	if ((start->launcher->flags & LAUNCHER_INTERPRETER) || !start->argc || !called ||
	    !same_string(start->argv[0], called))
		return 0;
	const char *invocation = plan_string(start->plan, start->plan->invocation_path);
	uint64_t at = string_end(start->argv[0]) - string_length(invocation) - 1;
	if (at < occupied_below(start, (uint64_t)start->argv[0]))
		return "its path does not fit where argv[0] is";
	start->first_argument = (char *)at;
	return 0;
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
				       : "the kernel has no random bytes yet";
	return 0;
}

static const char *check(struct start *start)
{
	const char *why = check_environment(start);
	why = why ? why : check_image(start);
	if (!why && (why = check_files(start->plan))) {
		if (start->debug)
			say_line(why, " is not as at bind", "");
		return "a file is not as at bind";
	}
	why = why ? why : check_kernel(start->plan);
	why = why ? why : check_machine(start);
	why = why ? why : check_vdso(start);
	why = why ? why : draw_random(start);
	why = why ? why : check_exe_link(start);
	return why ? why : place_first_argument(start);
}

/* ---- stage 3: map ---- */

/* In interpreter mode the kernel has put an executable of fixed addresses where the image's copy goes. */
static int replaces_program(const struct start *start, const struct plan_step *step)
{
	const struct plan *plan = start->plan;
	return (start->launcher->flags & LAUNCHER_INTERPRETER) && (plan->flags & PLAN_FIXED_EXECUTABLE) &&
	       step->address >= start->program.begin && step->address < start->program.end;
}

static long take_step(const struct start *start, const struct plan_step *step)
{
	int over = step->operation == OPERATION_MAP_FILE_OVER || step->operation == OPERATION_MAP_ZERO_OVER ||
		   replaces_program(start, step);
	int flags = MAP_PRIVATE | (over ? MAP_FIXED : MAP_FIXED_NOREPLACE);
	if (step->operation == OPERATION_PROTECT)
		return call3(__NR_mprotect, step->address, step->length, step->protection) ? -1 : (long)step->address;
	if (step->operation == OPERATION_MAP_ZERO || step->operation == OPERATION_MAP_ZERO_OVER)
		return map(step->address, step->length, (int)step->protection, flags | MAP_ANONYMOUS, -1, 0);
	return map(step->address, step->length, (int)step->protection, flags, start->image, step->offset);
}

/* The last stage must be this very code. */
static const char *map_last_stage(const struct start *start)
{
	const struct plan *plan = start->plan;
	if (map(plan->loader_address, plan->loader_size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED_NOREPLACE,
		start->image, plan->loader_offset) != (long)plan->loader_address)
		return "the loader's range is taken";
	const uint64_t *copy = (const uint64_t *)plan->loader_address, *own = (const uint64_t *)loader_begin;
	for (; own < (const uint64_t *)loader_end; own++, copy++)
		if (*own != *copy)
			return "the image has another loader";
	return 0;
}

/*
 * The steps that replace an executable of fixed addresses stand at the end of the plan. Up to there all that was mapped is
 * aside from the program; from there on the loader must succeed.
 */
static const char *map_image(struct start *start)
{
	const struct plan *plan = start->plan;
	const struct plan_step *step = TABLE(plan, step);
	for (uint32_t i = 0; i < plan->steps_count; i++, step++) {
		start->replaced |= replaces_program(start, step);
		if (take_step(start, step) != (long)step->address)
			return step->operation == OPERATION_PROTECT ? "a range cannot be protected" : "a range is taken";
	}
	return 0;
}

/* The linker's heap starts at the process's own break. */
static const char *fill_heap(const struct start *start, uint64_t program_break)
{
	const struct plan *plan = start->plan;
	if (!plan->heap_size)
		return 0;
	uint64_t end = program_break + plan->heap_size;
	if ((uint64_t)call1(__NR_brk, end) != end)
		return "there is no room for the heap";
	return call4(__NR_pread64, start->image, program_break, plan->heap_size, plan->heap_offset) ==
			       (long)plan->heap_size
		       ? 0
		       : "the image's heap cannot be read";
}

struct sources {
	uint64_t value[SOURCE_RANDOM + 1];
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
	sources->value[SOURCE_THREAD_ID] = (uint64_t)call1(__NR_set_tid_address, start->plan->thread_id_address);
	/* glibc sysdeps/unix/sysv/linux/dl-osinfo.h: the lowest byte is zero, so that no string can run over it. */
	sources->value[SOURCE_STACK_CANARY] = random[0] & ~0xffull;
	sources->value[SOURCE_POINTER_GUARD] = random[1];
	sources->value[SOURCE_RANDOM] = start->random;
}

static void write_words(const struct start *start, uint64_t program_break)
{
	const struct plan *plan = start->plan;
	struct sources sources;
	find_sources(start, program_break, &sources);
	const struct plan_word *word = TABLE(plan, word);
	for (uint32_t i = 0; i < plan->words_count; i++, word++) {
		uint64_t value = word->source == SOURCE_AUXILIARY ? auxiliary_value(start, word->type)
								  : sources.value[word->source];
		void *at = (void *)(word->address + (word->in_heap ? program_break : 0));
		value += (uint64_t)word->addend;
		if (word->width == 4)
			*(uint32_t *)at = (uint32_t)value;
		else
			*(uint64_t *)at = value;
	}
}

/* What the program sees of how it was started: as if the kernel and the linker had loaded it. */
static void describe_program(struct start *start)
{
	const struct plan *plan = start->plan;
	const char *invocation = plan_string(plan, plan->invocation_path);
	set_auxiliary(start, AT_PHDR, plan->program_headers);
	set_auxiliary(start, AT_PHNUM, plan->program_header_count);
	set_auxiliary(start, AT_ENTRY, plan->entry);
	set_auxiliary(start, AT_BASE, plan->linker_base);
	if (start->launcher->flags & LAUNCHER_INTERPRETER)
		return;
	if (start->first_argument) {
		memcpy(start->first_argument, invocation, string_length(invocation) + 1);
		start->argv[0] = start->first_argument;
	}
	set_auxiliary(start, AT_EXECFN, (uint64_t)invocation);
}

static const char *seal(const struct plan *plan, uint64_t program_break)
{
	const struct plan_seal *range = TABLE(plan, seal);
	for (uint32_t i = 0; i < plan->seals_count; i++, range++)
		if (call3(__NR_mprotect, range->address + (range->in_heap ? program_break : 0), range->length,
			  range->protection))
			return "a range cannot be made read-only";
	return 0;
}

/* ---- stage 4: finish ---- */

struct finish {
	struct start *start;
	struct range launcher;
	int interpreter;
	/* The process's vectors as the kernel laid them out, for /proc/self/cmdline and environ. */
	uint64_t arg_start, arg_end, env_end;
	uint64_t program_break;
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
	memory->start_code = plan->code_start;
	memory->end_code = plan->code_end;
	memory->start_data = plan->data_start;
	memory->end_data = plan->data_end;
	memory->start_brk = finish->program_break;
	memory->brk = finish->program_break + plan->heap_size;
	memory->start_stack = (uint64_t)start->stack;
	memory->arg_start = finish->arg_start;
	memory->arg_end = finish->arg_end;
	memory->env_start = finish->arg_end;
	memory->env_end = finish->env_end;
	memory->auxv = (void *)start->auxv;
	memory->auxv_size = (uint32_t)((char *)(end + 1) - (char *)start->auxv);
	memory->exe_fd = (uint32_t)-1;
}

/* Where the kernel refuses the link, the rest is set without it; the answer says whether the link is right. */
static int set_memory_map(const struct finish *finish)
{
	const struct start *start = finish->start;
	struct prctl_mm_map memory;
	describe_memory(finish, &memory);
	if (!finish->interpreter) {
		const char *path = plan_string(start->plan, start->plan->program_path);
		long file = call3(__NR_open, path, O_CLOEXEC, 0);
		if (!failed(file)) {
			memory.exe_fd = (uint32_t)file;
			long result = call5(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &memory, sizeof memory, 0);
			call1(__NR_close, file);
			if (result == 0)
				return 1;
		}
		memory.exe_fd = (uint32_t)-1;
	}
	call5(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &memory, sizeof memory, 0);
	return 0;
}

static void register_thread(const struct plan *plan)
{
	call2(__NR_arch_prctl, ARCH_SET_FS, plan->fs_base);
	if (plan->robust_head)
		call2(__NR_set_robust_list, plan->robust_head, plan->robust_length);
	if (plan->rseq_address &&
	    call4(__NR_rseq, plan->rseq_address, plan->rseq_length, 0, plan->rseq_signature) != 0)
		/* RSEQ_CPU_ID_REGISTRATION_FAILED, as glibc sets it. */
		*(int32_t *)(plan->rseq_address + 4) = -2;
}

/*
 * Runs in the image's copy. The kernel changes the link of /proc/self/exe only when no page of the old file is mapped.
 * Where it refuses and the program needs the link, the original program is executed after all.
 */
static __attribute__((noreturn, noinline)) void finish_start(struct finish *finish)
{
	struct start *start = finish->start;
	const struct plan *plan = start->plan;
	call2(__NR_munmap, finish->launcher.begin, finish->launcher.end - finish->launcher.begin);
	if (finish->interpreter && !(plan->flags & PLAN_FIXED_EXECUTABLE))
		call2(__NR_munmap, start->program.begin, start->program.end - start->program.begin);
	int linked = set_memory_map(finish);
	if (!finish->interpreter) {
		const char *program = plan_string(plan, plan->program_path);
		if (!linked && (plan->flags & PLAN_NEEDS_EXE_LINK)) {
			if (start->debug)
				say_line(program, ": handed over to the platform's linker: ", no_exe_link());
			execute(start, plan_string(plan, plan->invocation_path), program);
		}
		call2(__NR_prctl, PR_SET_NAME, plan_string(plan, plan->command_name));
	}
	register_thread(plan);
	jump(plan->handoff, start->stack, plan->rax);
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
	finish->launcher.begin = page_down((uint64_t)loader_begin);
	finish->launcher.end = page_up((uint64_t)start->launcher + start->launcher->size);
	finish->interpreter = (start->launcher->flags & LAUNCHER_INTERPRETER) != 0;
	if (finish->interpreter)
		start->program = kernel_program(start);
	char **end = start->envp;
	while (*end)
		end++;
	finish->arg_start = (uint64_t)(start->first_argument ? start->first_argument : start->argv[0]);
	finish->arg_end = start->argc ? string_end(start->argv[start->argc - 1]) : finish->arg_start;
	finish->env_end = end > start->envp ? string_end(end[-1]) : finish->arg_end;
	finish->program_break = (uint64_t)call1(__NR_brk, 0);
}

__attribute__((noreturn, used)) void loader(uint64_t *stack)
{
	struct start start;
	struct finish finish;
	read_stack(&start, stack);
	start.launcher = (const struct launcher *)loader_end;
	if (start.launcher->magic != LAUNCHER_MAGIC || start.launcher->version != PLAN_VERSION)
		die("launcher", "it is damaged");
	const char *why = check(&start);
	if (why)
		hand_over(&start, why);
	prepare_finish(&start, &finish);
	why = map_last_stage(&start);
	why = why ? why : fill_heap(&start, finish.program_break);
	why = why ? why : map_image(&start);
	if (why)
		hand_over(&start, why);
	describe_program(&start);
	write_words(&start, finish.program_break);
	if ((why = seal(start.plan, finish.program_break)))
		die(plan_string(start.plan, start.plan->program_path), why);
	call1(__NR_close, start.image);
	void (*last)(struct finish *) =
		(void (*)(struct finish *))((char *)start.plan->loader_address + ((char *)finish_start - loader_begin));
	last(&finish);
	__builtin_unreachable();
}
