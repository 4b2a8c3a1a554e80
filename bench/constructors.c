/*
 * constructors: how far the constructors of a bound program's modules do what is the same in every process. bench/constructors.mjs
 * compiles and runs it.
 *
 *   constructors LAUNCHER ROUNDS ENDS HANDOFF ENTRY DEBUG RSEQ LIBC GETENV SECURE_GETENV GETAUXVAL START_MAIN ARGUMENT...
 *
 * Addresses are hexadecimal: of the handoff point, of the program's entry, of ld.so's r_debug and of the kernel's rseq area in a process
 * of the image, whose modules stand at the same addresses in each; the last four are of functions in LIBC, without its load bias. ENDS is 0
 * where all constructors shall be followed, 1 where the first that ends the prefix is the last that is.
 *
 *   follow    each instruction of the constructors is executed by a single step. Its operation is looked at, and the address of its operand in
 *             memory: system calls, the time, the processor, random numbers, and who reads the environment or the auxiliary vector
 *             in another way than by getenv(3) and getauxval(3).
 *   compare   two processes that differ in arguments, environment, stack, break and random bytes stand still between two modules'
 *             constructors: each word of their memory is the same in both, or explained by what differs.
 *   time      how long a start takes to its handoff point, to the end of the prefix, to its entry, to main; what it has of its own at each.
 *
 * A single step over an instruction that a hypervisor emulates may end one instruction late, which then is not looked at: enough to
 * count, not to trust.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ull
#define MODULES 1024
#define QUESTIONS 64
#define MOST_STEPS 4000000
#define MOST_RANGES 8192

typedef uint64_t word;

struct module {
	char name[256];
	word bias, first;
	long instructions, cpuids;
	/* It is the C library, whose constructor keeps where the vectors are, and argv[0] behind its last slash: it would run in each process. */
	int is_libc;
	char *questions[QUESTIONS];
	int questions_count;
	/* Why the prefix ends before it. */
	char cause[512];
};

/* What differs between processes. */
struct given {
	word stack, stack_end, start_break, break_end, vdso, vdso_end, canary, guard, key;
	pid_t id;
};

struct range {
	word begin, end;
	unsigned char *bytes;
};

struct process {
	pid_t id;
	struct given given;
	struct range ranges[MOST_RANGES];
	int ranges_count;
};

static struct {
	const char *launcher, *libc;
	int rounds, ends;
	word handoff, entry, debug, rseq, getenv, secure_getenv, getauxval, start_main;
	char **arguments;
} job;

static struct module modules[MODULES];
static int modules_count, order[MODULES], order_count;
static word linker_begin, linker_end, libc_bias, key_address;

__attribute__((noreturn)) static void give_up(const char *what)
{
	fprintf(stderr, "constructors: %s: %s\n", job.launcher, what);
	exit(2);
}

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* ---- a process ---- */

static int read_memory(pid_t id, word address, void *bytes, size_t size)
{
	struct iovec own = { bytes, size }, other = { (void *)address, size };
	return process_vm_readv(id, &own, 1, &other, 1, 0) == (ssize_t)size ? 0 : -1;
}

static word read_word(pid_t id, word address)
{
	word value = 0;
	read_memory(id, address, &value, sizeof value);
	return value;
}

static void read_text(pid_t id, word address, char *text, size_t size)
{
	size_t i = 0;
	while (i + 1 < size && read_memory(id, address + i, text + i, 1) == 0 && text[i])
		i++;
	text[i] = 0;
}

static FILE *open_about(pid_t id, const char *name)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", id, name);
	FILE *file = fopen(path, "r");
	if (!file)
		give_up("/proc cannot be read");
	return file;
}

static void set_debug(pid_t id, int number, word value)
{
	if (ptrace(PTRACE_POKEUSER, id, offsetof(struct user, u_debugreg) + 8ul * (unsigned)number, value))
		give_up("this machine gives no debug registers");
}

static word counter(pid_t id)
{
	return (word)ptrace(PTRACE_PEEKUSER, id, offsetof(struct user_regs_struct, rip), 0);
}

static void await(pid_t id, const char *what)
{
	int status;
	if (waitpid(id, &status, __WALL) != id || !WIFSTOPPED(status))
		give_up(what);
}

static void become(char **arguments, char **environment)
{
	int null = open("/dev/null", O_RDWR);
	for (int stream = 0; stream < 3; stream++)
		dup2(null, stream);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	execve(job.launcher, arguments, environment);
	_exit(127);
}

/* Answers how long execve took, ns. */
static long long start(pid_t *id, char **arguments, char **environment)
{
	*id = fork();
	if (*id == 0)
		become(arguments, environment);
	await(*id, "does not stop");
	ptrace(PTRACE_SETOPTIONS, *id, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC);
	long long begin = now();
	ptrace(PTRACE_CONT, *id, 0, 0);
	await(*id, "cannot be executed");
	return now() - begin;
}

static void end(pid_t id)
{
	int status;
	kill(id, SIGKILL);
	while (waitpid(id, &status, __WALL) == id && WIFSTOPPED(status))
		;
}

/* To the instruction at `address`. Answers how long that took, ns. */
static long long go_on(pid_t id, word address)
{
	set_debug(id, 0, address);
	set_debug(id, 7, 1);
	long long begin = now();
	ptrace(PTRACE_CONT, id, 0, 0);
	await(id, "ended before it came to its program");
	long long took = now() - begin;
	if (counter(id) != address)
		give_up("is not started from its image, or gets a signal");
	return took;
}

/* ---- its modules ---- */

static word first_constructor(pid_t id, word dynamic, word bias)
{
	word function = 0, array = 0, size = 0;
	for (;; dynamic += 16) {
		word tag = read_word(id, dynamic), value = read_word(id, dynamic + 8);
		if (tag == DT_NULL)
			break;
		function = tag == DT_INIT ? value + bias : function;
		array = tag == DT_INIT_ARRAY ? value + bias : array;
		size = tag == DT_INIT_ARRAYSZ ? value : size;
	}
	return function ? function : size ? read_word(id, array) : 0;
}

/* struct link_map of link.h: l_addr, l_name, l_ld, l_next. The executable, which is first, has its constructors called by libc. */
static void read_modules(pid_t id)
{
	word map = read_word(id, job.debug + 8);
	for (map = read_word(id, map + 24); map && modules_count < MODULES; map = read_word(id, map + 24)) {
		struct module *module = modules + modules_count++;
		module->bias = read_word(id, map);
		read_text(id, read_word(id, map + 8), module->name, sizeof module->name);
		module->first = first_constructor(id, read_word(id, map + 16), module->bias);
		const char *slash = strrchr(module->name, '/');
		module->is_libc = strcmp(slash ? slash + 1 : module->name, job.libc) == 0;
		if (module->is_libc)
			libc_bias = module->bias;
	}
}

static void find_linker(pid_t id)
{
	char line[512];
	word begin, end;
	FILE *maps = open_about(id, "maps");
	while (fgets(line, sizeof line, maps))
		if (sscanf(line, "%lx-%lx", &begin, &end) == 2 && job.handoff >= begin && job.handoff < end)
			linker_begin = begin, linker_end = end;
	fclose(maps);
}

/* Its constructors are about to be called. */
static int entered(pid_t id, const struct user_regs_struct *registers)
{
	for (int i = 0; i < modules_count; i++) {
		word from;
		if (modules[i].first != registers->rip || modules[i].instructions)
			continue;
		from = read_word(id, registers->rsp);
		if (from >= linker_begin && from < linker_end)
			return i;
	}
	return -1;
}

/* ---- what is given to it ---- */

static void find_given(struct process *process)
{
	char line[512];
	word begin, last, random = 0, entry[2];
	struct given *given = &process->given;
	FILE *file = open_about(process->id, "maps");
	while (fgets(line, sizeof line, file)) {
		sscanf(line, "%lx-%lx", &begin, &last);
		if (strstr(line, "[stack]"))
			given->stack_end = last;
		if (strstr(line, "[vdso]"))
			given->vdso = begin, given->vdso_end = last;
	}
	fclose(file);
	file = open_about(process->id, "auxv");
	while (fread(entry, sizeof entry, 1, file) == 1)
		random = entry[0] == AT_RANDOM ? entry[1] : random;
	fclose(file);
	given->canary = read_word(process->id, random) & ~0xffull;
	given->guard = read_word(process->id, random + 8);
	given->stack = (word)ptrace(PTRACE_PEEKUSER, process->id, offsetof(struct user_regs_struct, rsp), 0);
	given->id = process->id;
}

static void find_heap(struct process *process)
{
	char line[512];
	FILE *file = open_about(process->id, "maps");
	while (fgets(line, sizeof line, file))
		if (strstr(line, "[heap]"))
			sscanf(line, "%lx-%lx", &process->given.start_break, &process->given.break_end);
	fclose(file);
	if (key_address)
		process->given.key = read_word(process->id, key_address);
}

/* ---- follow ---- */

static void ask(struct module *module, const char *question)
{
	for (int i = 0; i < module->questions_count; i++)
		if (strcmp(module->questions[i], question) == 0)
			return;
	if (module->questions_count < QUESTIONS)
		module->questions[module->questions_count++] = strdup(question);
}

static void refuse(struct module *module, const char *cause)
{
	if (!*module->cause)
		snprintf(module->cause, sizeof module->cause, "%s", cause);
}

/* Code does not change: each page is read once. */
static const unsigned char *code_at(pid_t id, word address)
{
	static struct {
		word page;
		unsigned char *bytes;
	} pages[1 << 14];
	word page = address & ~(PAGE - 1);
	unsigned slot = (unsigned)(page / PAGE * 2654435761u) >> 18;
	while (pages[slot].bytes && pages[slot].page != page)
		slot = (slot + 1) & ((1 << 14) - 1);
	if (!pages[slot].bytes) {
		pages[slot].page = page;
		pages[slot].bytes = calloc(1, PAGE + 16);
		read_memory(id, page, pages[slot].bytes, PAGE);
		read_memory(id, page + PAGE, pages[slot].bytes + PAGE, 16);
	}
	return pages[slot].bytes + (address & (PAGE - 1));
}

struct instruction {
	/* Behind the prefixes; `map` is 0 for operations of one byte, 1 for those behind 0f, 2 and 3 behind 0f 38 and 0f 3a. */
	const unsigned char *operation;
	int map, rex, has_address_prefix, segment;
	/* Bytes that the short distance of an operand counts: more than 1 under EVEX. */
	int unit;
	/* x, b of VEX and EVEX. */
	int index_high, base_high;
};

/* Intel SDM volume 2, 2.1, 2.3 and 2.7. */
static void decode(const unsigned char *at, struct instruction *instruction)
{
	memset(instruction, 0, sizeof *instruction);
	instruction->unit = 1;
	for (;; at++) {
		if (*at == 0x64 || *at == 0x65)
			instruction->segment = *at;
		else if (*at == 0x67)
			instruction->has_address_prefix = 1;
		else if (!strchr("\x66\xf2\xf3\x2e\x36\x3e\x26\xf0", *at) || !*at)
			break;
	}
	if ((*at & 0xf0) == 0x40)
		instruction->rex = *at++;
	instruction->index_high = instruction->rex & 2 ? 8 : 0;
	instruction->base_high = instruction->rex & 1 ? 8 : 0;
	if (*at == 0xc5) {
		instruction->map = 1;
		at += 2;
	} else if (*at == 0xc4 || *at == 0x62) {
		instruction->index_high = at[1] & 0x40 ? 0 : 8;
		instruction->base_high = at[1] & 0x20 ? 0 : 8;
		instruction->map = at[1] & 3;
		instruction->unit = *at == 0x62 ? 16 << (at[3] >> 5 & 3) : 1;
		at += *at == 0x62 ? 4 : 3;
	} else if (*at == 0x0f) {
		instruction->map = at[1] == 0x38 ? 2 : at[1] == 0x3a ? 3 : 1;
		at += instruction->map == 1 ? 1 : 2;
	}
	instruction->operation = at;
}

/* Whether a ModRM byte follows that names an operand which is read or written. */
static int has_operand(const struct instruction *instruction)
{
	unsigned char op = *instruction->operation;
	if (instruction->map >= 2)
		return 1;
	if (instruction->map == 1)
		return !((op & 0xf0) == 0x80 || (op & 0xf8) == 0xc8 || (op >= 0x05 && op <= 0x0e) || (op >= 0x30 && op <= 0x37) ||
			 op == 0x0d || op == 0x18 || op == 0x1f || op == 0x77 || op == 0xa0 || op == 0xa1 || op == 0xa2 || op == 0xa8 ||
			 op == 0xa9);
	if (op < 0x40)
		return (op & 7) < 4;
	return op == 0x63 || op == 0x69 || op == 0x6b || (op >= 0x80 && op <= 0x8f && op != 0x8d) || op == 0xc0 || op == 0xc1 ||
	       op == 0xc6 || op == 0xc7 || (op >= 0xd0 && op <= 0xd3) || (op >= 0xd8 && op <= 0xdf) || op == 0xf6 || op == 0xf7 ||
	       op == 0xfe || op == 0xff;
}

static word value_of(const struct user_regs_struct *r, int number)
{
	const word values[16] = { r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi,
				  r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15 };
	return values[number];
}

/* Where its operand is; 0 where it has none, or one relative to the counter, which is in a module. */
static word operand(const struct instruction *instruction, const struct user_regs_struct *registers)
{
	const unsigned char *at = instruction->operation + 1;
	int mode = *at >> 6, base = *at & 7, has_base = 1;
	word address = 0;
	if (!has_operand(instruction) || mode == 3 || (mode == 0 && base == 5))
		return 0;
	at++;
	if (base == 4) {
		int index = (*at >> 3 & 7) | instruction->index_high;
		base = *at & 7;
		has_base = !(base == 5 && mode == 0);
		address = index == 4 ? 0 : value_of(registers, index) << (*at >> 6);
		at++;
	}
	if (has_base)
		address += value_of(registers, base | instruction->base_high);
	if (mode == 1)
		address += (word)((int64_t)(signed char)*at * instruction->unit);
	else if (mode == 2 || !has_base) {
		int32_t distance;
		memcpy(&distance, at, sizeof distance);
		address += (word)(int64_t)distance;
	}
	if (instruction->segment)
		address += instruction->segment == 0x64 ? registers->fs_base : registers->gs_base;
	return address;
}

/* Operations on strings have no operand that says so. */
static word source_of_string(const struct instruction *instruction, const struct user_regs_struct *registers)
{
	unsigned char op = *instruction->operation;
	if (instruction->map)
		return 0;
	if (op == 0xa4 || op == 0xa5 || op == 0xa6 || op == 0xa7 || op == 0xac || op == 0xad)
		return registers->rsi;
	return op == 0xae || op == 0xaf ? registers->rdi : 0;
}

static int is_absent(pid_t id, word path, long long result, const char *call, struct module *module)
{
	char text[400], question[512];
	read_text(id, path, text, sizeof text);
	snprintf(question, sizeof question, "%s %s", call, text);
	if (*text != '/' || result != -ENOENT)
		return 0;
	ask(module, question);
	return 1;
}

/* What can be asked again at each start, with the same answer. */
static int can_be_asked(pid_t id, const struct user_regs_struct *before, long long result, struct module *module)
{
	switch (before->orig_rax) {
	case 12:
		ask(module, "brk");
		return 1;
	case 318:
		if (before->rsi == 8 && before->rdx == 1 && result == 8 && (!key_address || key_address == before->rdi)) {
			key_address = before->rdi;
			ask(module, "malloc's key");
			return 1;
		}
		ask(module, "getrandom of 1 byte");
		return before->rsi == 1 && before->rdx == 1 && result == 1;
	case 202:
		ask(module, "futex wake");
		return (before->rsi & 127) == 1 && result == 0;
	case 157:
		ask(module, "prctl PR_CAPBSET_READ");
		return before->rdi == 23;
	case 102: case 104: case 107: case 108:
		ask(module, "user and group");
		return 1;
	case 204:
		ask(module, "sched_getaffinity");
		return 1;
	case 4: case 6: case 21: case 137:
		return is_absent(id, before->rdi, result, "absent", module);
	case 262: case 269: case 439:
		return is_absent(id, before->rsi, result, "absent", module);
	}
	return 0;
}

static void look_at_call(pid_t id, const struct user_regs_struct *before, long long result, struct module *module)
{
	static const struct {
		unsigned long long number;
		const char *name;
	} names[] = { { 0, "read" }, { 1, "write" }, { 2, "open" }, { 3, "close" }, { 5, "fstat" }, { 9, "mmap" }, { 10, "mprotect" },
		      { 11, "munmap" }, { 13, "rt_sigaction" }, { 14, "rt_sigprocmask" }, { 16, "ioctl" }, { 21, "access" },
		      { 39, "getpid" }, { 41, "socket" }, { 56, "clone" }, { 63, "uname" }, { 72, "fcntl" }, { 79, "getcwd" },
		      { 89, "readlink" }, { 96, "gettimeofday" }, { 97, "getrlimit" }, { 99, "sysinfo" }, { 131, "sigaltstack" },
		      { 157, "prctl" }, { 186, "gettid" }, { 202, "futex" }, { 228, "clock_gettime" }, { 257, "openat" },
		      { 262, "newfstatat" }, { 302, "prlimit64" }, { 318, "getrandom" }, { 435, "clone3" } };
	char text[512] = "", path[400] = "";
	if (can_be_asked(id, before, result, module))
		return;
	if (before->orig_rax == 257 || before->orig_rax == 2)
		read_text(id, before->orig_rax == 2 ? before->rdi : before->rsi, path, sizeof path);
	snprintf(text, sizeof text, "system call %llu", before->orig_rax);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == before->orig_rax)
			snprintf(text, sizeof text, "system call %s%s%s", names[i].name, *path ? " " : "", path);
	refuse(module, text);
}

/* Depth of the stack below which a call of getenv or getauxval is at work; 0: none is. */
static word inside_known;

/* These stay what they were at bind, or the start hands over: AT_PAGESZ, AT_HWCAP, AT_CLKTCK, AT_SECURE, AT_HWCAP2. */
static int is_checked(word type)
{
	return type == 6 || type == 16 || type == 17 || type == 23 || type == 26;
}

static void look_at_environment(pid_t id, const struct user_regs_struct *registers, struct module *module)
{
	char name[100], question[128];
	word function = registers->rip - libc_bias;
	if (inside_known && registers->rsp > inside_known)
		inside_known = 0;
	if (function == job.getauxval) {
		snprintf(question, sizeof question, "getauxval %llu", registers->rdi);
		if (!is_checked(registers->rdi))
			refuse(module, question);
	} else if (function == job.getenv || function == job.secure_getenv) {
		read_text(id, registers->rdi, name, sizeof name);
		snprintf(question, sizeof question, "getenv %s", name);
	} else
		return;
	ask(module, question);
	inside_known = inside_known ? inside_known : registers->rsp;
}

static void look_at_operand(word address, const struct given *given, struct module *module)
{
	if (address >= given->stack && address < given->stack_end && !inside_known)
		refuse(module, "reads the vectors on the stack");
	if (job.rseq && address >= job.rseq && address < job.rseq + 8)
		refuse(module, "asks on which processor it runs");
}

static void look_at_instruction(const struct instruction *instruction, const struct user_regs_struct *registers,
				const struct given *given, struct module *module)
{
	const unsigned char *op = instruction->operation;
	if (registers->rip >= given->vdso && registers->rip < given->vdso_end)
		refuse(module, "reads the time (vdso)");
	if (instruction->map != 1)
		return;
	if (op[0] == 0xa2) {
		module->cpuids++;
		ask(module, "cpuid");
	} else if (op[0] == 0x01 && op[1] == 0xd0)
		ask(module, "xgetbv");
	else if (op[0] == 0x31 || (op[0] == 0x01 && op[1] == 0xf9))
		refuse(module, "reads the time stamp counter");
	else if (op[0] == 0xc7 && op[1] >= 0xf0)
		refuse(module, "draws random numbers of the processor");
}

static int is_call(const struct instruction *instruction)
{
	return instruction->map == 1 && instruction->operation[0] == 0x05;
}

/* One instruction. Answers whether the process goes on. */
static int step(pid_t id, const struct instruction *instruction, struct user_regs_struct *registers, struct module *module)
{
	int status;
	ptrace(PTRACE_SINGLESTEP, id, 0, 0);
	if (waitpid(id, &status, __WALL) != id || !WIFSTOPPED(status)) {
		refuse(module, "ends the process");
		return 0;
	}
	if (WSTOPSIG(status) != SIGTRAP) {
		refuse(module, "gets a signal");
		return 0;
	}
	if (is_call(instruction)) {
		registers->orig_rax = registers->rax;
		look_at_call(id, registers, (long long)ptrace(PTRACE_PEEKUSER, id, offsetof(struct user_regs_struct, rax), 0), module);
	}
	return 1;
}

/* Answers how many modules of `order` come before the first that ends the prefix. */
static int follow(void)
{
	struct process process = { .ranges_count = 0 };
	struct module before = { .name = "" }, *module = &before;
	struct user_regs_struct registers;
	struct instruction instruction;
	int prefix = -1;
	start(&process.id, job.arguments, environ);
	go_on(process.id, job.handoff);
	set_debug(process.id, 7, 0);
	read_modules(process.id);
	find_linker(process.id);
	find_given(&process);
	for (long steps = 0;; steps++) {
		ptrace(PTRACE_GETREGS, process.id, 0, &registers);
		int next = registers.rip == job.entry ? -1 : entered(process.id, &registers);
		if ((next >= 0 || registers.rip == job.entry) && *module->cause && prefix < 0)
			prefix = order_count - 1;
		if (registers.rip == job.entry || (prefix >= 0 && job.ends))
			break;
		if (next >= 0) {
			module = modules + next;
			order[order_count++] = next;
		}
		module->instructions++;
		decode(code_at(process.id, registers.rip), &instruction);
		if (module != &before && !module->is_libc) {
			look_at_environment(process.id, &registers, module);
			look_at_instruction(&instruction, &registers, &process.given, module);
			look_at_operand(operand(&instruction, &registers), &process.given, module);
			look_at_operand(source_of_string(&instruction, &registers), &process.given, module);
		}
		if (steps > MOST_STEPS)
			refuse(module, "takes too long to be followed");
		if ((*module->cause && job.ends) || !step(process.id, &instruction, &registers, module) || steps > MOST_STEPS) {
			prefix = prefix < 0 ? order_count - 1 : prefix;
			break;
		}
	}
	end(process.id);
	return prefix < 0 ? order_count : prefix;
}

/* ---- compare ---- */

static void take_memory(struct process *process)
{
	char line[512], rights[8];
	word begin, last;
	FILE *maps = open_about(process->id, "maps");
	process->ranges_count = 0;
	while (fgets(line, sizeof line, maps)) {
		sscanf(line, "%lx-%lx %7s", &begin, &last, rights);
		if (rights[1] != 'w' || strstr(line, "[stack]") || process->ranges_count == MOST_RANGES)
			continue;
		struct range *range = process->ranges + process->ranges_count++;
		*range = (struct range){ begin, last, malloc(last - begin) };
		read_memory(process->id, begin, range->bytes, last - begin);
	}
	fclose(maps);
}

static void forget_memory(struct process *process)
{
	for (int i = 0; i < process->ranges_count; i++)
		free(process->ranges[i].bytes);
}

static int is_moved(word a, word b, word from, word to, word low, word high)
{
	return b - a == to - from && a >= low && a <= high;
}

static int is_pointer(const struct given *one, const struct given *two, word a, word b)
{
	return is_moved(a, b, one->stack, two->stack, one->stack - 0x800000, one->stack) ||
	       is_moved(a, b, one->start_break, two->start_break, one->start_break, one->break_end) ||
	       is_moved(a, b, one->vdso, two->vdso, one->vdso, one->vdso_end);
}

/* glibc sysdeps/unix/sysv/linux/x86_64/pointer_guard.h */
static word unmangled(word value, word guard)
{
	return (value >> 17 | value << 47) ^ guard;
}

/* Pointers into argv, envp and the vectors have other distances: those that the loader knows are in the image already. */
static int is_explained(const struct given *one, const struct given *two, word a, word b)
{
	word pointer = unmangled(a, one->guard), other = unmangled(b, two->guard);
	if (is_pointer(one, two, a, b) || (a == one->canary && b == two->canary) || (a == one->guard && b == two->guard))
		return 1;
	if (pointer == other ? pointer > 0xffff && pointer >> 47 == 0 : is_pointer(one, two, pointer, other))
		return 1;
	if (key_address && a == one->key && b == two->key)
		return 1;
	return a >> 32 == b >> 32 && (uint32_t)a == (uint32_t)one->id && (uint32_t)b == (uint32_t)two->id;
}

/* malloc/malloc.c, PROTECT_PTR: the list of freed blocks, where it stands at `at` and `other_at`. */
static int is_free_block(const struct given *one, const struct given *two, word at, word other_at, word a, word b)
{
	word block = a ^ at >> 12, other = b ^ other_at >> 12;
	return (!block && !other) || is_pointer(one, two, block, other);
}

/* Addresses that were without explanation at the handoff point: they are the image's. */
static struct {
	word *at;
	size_t count, room;
} known;

static int is_known(word address)
{
	for (size_t i = 0; i < known.count; i++)
		if (known.at[i] == address)
			return 1;
	return job.rseq && address >= job.rseq && address < job.rseq + 32;
}

static void add_known(word address)
{
	if (known.count == known.room) {
		known.room = known.room * 2 + 64;
		known.at = realloc(known.at, known.room * sizeof *known.at);
	}
	known.at[known.count++] = address;
}

static void say_word(const struct process *process, struct module *module, word address, word a, word b)
{
	char text[512];
	int is_heap = address >= process->given.start_break && address < process->given.break_end;
	word distance = address - (is_heap ? process->given.start_break : module->bias);
	snprintf(text, sizeof text, "a word without explanation (%s %+ld: %#lx, %#lx)", is_heap ? "heap" : "module", (long)distance, a, b);
	refuse(module, text);
}

/* A module of 0: at the handoff point. */
static void compare_range(const struct process *one, const struct process *two, int index, struct module *module)
{
	const struct range *a = one->ranges + index, *b = two->ranges + index;
	for (word at = 0; at + 8 <= a->end - a->begin; at += 8) {
		word first, second;
		memcpy(&first, a->bytes + at, 8);
		memcpy(&second, b->bytes + at, 8);
		if (first == second || is_explained(&one->given, &two->given, first, second) ||
		    is_free_block(&one->given, &two->given, a->begin + at, b->begin + at, first, second) || is_known(a->begin + at))
			continue;
		if (module)
			say_word(one, module, a->begin + at, first, second);
		else
			add_known(a->begin + at);
	}
}

static void compare_here(struct process *one, struct process *two, struct module *module)
{
	find_heap(one);
	find_heap(two);
	take_memory(one);
	take_memory(two);
	int are_alike = one->ranges_count == two->ranges_count;
	for (int i = 0; are_alike && i < one->ranges_count; i++)
		are_alike = one->ranges[i].end - one->ranges[i].begin == two->ranges[i].end - two->ranges[i].begin;
	if (!are_alike)
		refuse(module ? module : modules, "other mappings in another process");
	for (int i = 0; are_alike && i < one->ranges_count; i++)
		compare_range(one, two, i, module);
	forget_memory(one);
	forget_memory(two);
}

static char **with_more(char **list, const char *text, int times)
{
	int count = 0;
	while (list[count])
		count++;
	char **more = calloc((size_t)(count + times + 1), sizeof *more);
	memcpy(more, list, (size_t)count * sizeof *more);
	for (int i = 0; i < times; i++)
		more[count + i] = strdup(text);
	return more;
}

/* Where the constructors of the module at `index` of `order` are over. */
static word boundary(int index)
{
	return index + 1 < order_count ? modules[order[index + 1]].first : job.entry;
}

/* Answers the prefix again: it may be shorter. */
static int compare(int prefix)
{
	static struct process one, two;
	start(&one.id, job.arguments, environ);
	start(&two.id, with_more(job.arguments, "second", 333), with_more(environ, "FILLER=of the second process", 20));
	go_on(one.id, job.handoff);
	go_on(two.id, job.handoff);
	find_given(&one);
	find_given(&two);
	compare_here(&one, &two, 0);
	for (int i = 0; i < prefix; i++) {
		go_on(one.id, boundary(i));
		go_on(two.id, boundary(i));
		compare_here(&one, &two, modules[order[i]].is_libc ? 0 : modules + order[i]);
		if (*modules[order[i]].cause)
			prefix = i;
	}
	end(one.id);
	end(two.id);
	return prefix;
}

/* ---- time ---- */

static long private_memory(pid_t id)
{
	char line[512];
	long sum = 0, value;
	FILE *file = open_about(id, "smaps_rollup");
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "Private_Dirty: %ld", &value) == 1)
			sum += value;
	fclose(file);
	return sum;
}

/* To the end of the prefix, to the entry, to main: ns; behind each, where wanted, the memory that is private, kB. */
static void time_once(int prefix, int weighs)
{
	pid_t id;
	struct user_regs_struct registers;
	word last = prefix == 0 ? job.handoff : boundary(prefix - 1);
	long memory[3] = { 0 };
	long long times[6] = { 0 };
	times[0] = start(&id, job.arguments, environ);
	times[1] = go_on(id, job.handoff);
	memory[0] = weighs ? private_memory(id) : 0;
	/* The next instruction, `mov %rax, %r12`, has three bytes: what a stop costs by itself. */
	times[2] = go_on(id, job.handoff + 3);
	times[3] = prefix ? go_on(id, last) : 0;
	memory[1] = weighs ? private_memory(id) : 0;
	times[4] = last == job.entry ? 0 : go_on(id, job.entry);
	memory[2] = weighs ? private_memory(id) : 0;
	if (libc_bias) {
		times[5] = go_on(id, libc_bias + job.start_main);
		ptrace(PTRACE_GETREGS, id, 0, &registers);
		times[5] += go_on(id, registers.rdi) - times[2];
	}
	end(id);
	if (weighs)
		printf("\"private\": [%ld, %ld, %ld]", memory[0], memory[1], memory[2]);
	else
		printf("[%lld, %lld, %lld, %lld, %lld, %lld]", times[0], times[1], times[2], times[3], times[4], times[5]);
}

/* ---- what is said ---- */

static void say_text(const char *text)
{
	putchar('"');
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ')
			printf("\\u%04x", *text);
		else
			putchar(*text);
	putchar('"');
}

static void say_module(const struct module *module)
{
	printf("{\"name\": ");
	say_text(module->name);
	printf(", \"instructions\": %ld, \"cpuids\": %ld, \"questions\": [", module->instructions, module->cpuids);
	for (int i = 0; i < module->questions_count; i++) {
		if (i)
			printf(", ");
		say_text(module->questions[i]);
	}
	printf("], \"cause\": ");
	say_text(module->cause);
	printf("}");
}

static int with_constructors(void)
{
	int count = 0;
	for (int i = 0; i < modules_count; i++)
		count += modules[i].first != 0;
	return count;
}

static word hexadecimal(const char *text)
{
	return strtoull(text, 0, 16);
}

static void read_job(char **argv)
{
	job.launcher = argv[1];
	job.rounds = atoi(argv[2]);
	job.ends = atoi(argv[3]);
	job.handoff = hexadecimal(argv[4]);
	job.entry = hexadecimal(argv[5]);
	job.debug = hexadecimal(argv[6]);
	job.rseq = hexadecimal(argv[7]);
	job.libc = argv[8];
	job.getenv = hexadecimal(argv[9]);
	job.secure_getenv = hexadecimal(argv[10]);
	job.getauxval = hexadecimal(argv[11]);
	job.start_main = hexadecimal(argv[12]);
	job.arguments = argv + 13;
}

int main(int argc, char **argv)
{
	cpu_set_t one;
	if (argc < 14)
		return 2;
	read_job(argv);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof one, &one);
	int prefix = compare(follow());
	printf("{\"constructors\": %d, \"prefix\": %d, \"modules\": [", with_constructors(), prefix);
	for (int i = 0; i < order_count; i++) {
		printf(i ? ",\n" : "\n");
		say_module(modules + order[i]);
	}
	printf("],\n");
	time_once(prefix, 1);
	printf(", \"times\": [");
	for (int i = 0; i < job.rounds; i++) {
		printf(i ? ",\n" : "\n");
		time_once(prefix, 0);
	}
	printf("]}\n");
	return 0;
}
