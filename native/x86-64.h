/*
 * What the loader needs of the machine, and of Linux on this machine alone: how the kernel is called, and how it enters a process and
 * places it; how the program is entered; the instructions that the linker asks the processor by. Whoever brings another machine
 * writes such a header. The TypeScript side is src/machine/.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <asm/fcntl.h>
#include <asm/stat.h>
/* Numbers of system calls. */
#include <asm/unistd.h>

#define PAGE_SIZE 4096ul

/* asm/page_types.h, STACK_TOP; asm/elf.h, ELF_ET_DYN_BASE; vm.mmap_rnd_bits, as the kernel has it by itself. */
#define STACK_TOP 0x7ffffffff000ull
#define DYNAMIC_BASE (STACK_TOP / 3 * 2)
#define PLACE_BITS 28

/* asm/signal.h; struct sigaction of rt_sigaction(2): the kernel wants a restorer here. */
#define SA_RESTORER 0x04000000ul
struct kernel_sigaction {
	uint64_t handler, flags, restorer, mask;
};

static inline long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/*
 * A system call by a child that shares this process's memory and stack, has no name of a signal for its end, and goes at once: it
 * has to touch neither. clone(2) and the call have their third to fifth argument in common, which clone does not look at here.
 * Answers the child's number, or what clone said; the child's exit status is 0 or the call's errno.
 */
static inline long call_in_child(unsigned long clone_flags, long number, long a, long b, long c, long d, long e)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long first __asm__("r12") = a, second __asm__("r13") = b, asked __asm__("r14") = number;
	__asm__ volatile("syscall\n"
			 "test %%rax, %%rax\n"
			 "jnz 1f\n"
			 "mov %%r14, %%rax\n"
			 "mov %%r12, %%rdi\n"
			 "mov %%r13, %%rsi\n"
			 "syscall\n"
			 "mov %%eax, %%edi\n"
			 "neg %%edi\n"
			 "mov %[exit], %%eax\n"
			 "syscall\n"
			 "hlt\n"
			 "1:\n"
			 : "=a"(result)
			 : "a"(__NR_clone), "D"(clone_flags), "S"(0), "d"(c), "r"(r10), "r"(r8), "r"(first), "r"(second),
			   "r"(asked), [exit] "i"(__NR_exit)
			 : "rcx", "r11", "memory");
	return result;
}

/* The kernel's entry into the loader: the stack is as it put it there, and aligned for whom we call. */
#define ENTER(function)                                                                                                 \
	__asm__(".section .text.start,\"ax\",@progbits\n"                                                               \
		".globl _start\n"                                                                                       \
		"_start:\n"                                                                                             \
		"	mov %rsp, %rdi\n"                                                                               \
		"	xor %ebp, %ebp\n"                                                                               \
		"	and $-16, %rsp\n"                                                                               \
		"	call " #function "\n"                                                                           \
		"	hlt\n"                                                                                          \
		".text\n")

/* Moves the stack from `from` to `to` and begins anew. The loader's own frames lie there: from here on there are only registers. */
static __attribute__((noreturn)) inline void begin_anew(uint64_t *from, uint64_t to, uint64_t length)
{
	__asm__ volatile("mov %1, %%rsp\n"
			 "rep movsb\n"
			 "jmp _start\n"
			 :
			 : "S"(from), "r"(to), "D"(to), "c"(length)
			 : "memory");
	__builtin_unreachable();
}

/* Leaves the loader, with the stack as the kernel has it at a program's entry, and nothing to run at its exit (rdx). */
static __attribute__((noreturn)) inline void jump(uint64_t target, uint64_t *stack, uint64_t rax)
{
	__asm__ volatile("mov %0, %%rsp\n"
			 "xor %%ebp, %%ebp\n"
			 "xor %%edx, %%edx\n"
			 "jmp *%1"
			 :
			 : "S"(stack), "D"(target), "a"(rax)
			 : "memory");
	__builtin_unreachable();
}

/* asm/prctl.h: ARCH_SET_FS, ARCH_SET_GS */
static inline void set_fs(uint64_t value)
{
	system_call(__NR_arch_prctl, 0x1002, (long)value, 0, 0, 0, 0);
}

static inline void set_gs(uint64_t value)
{
	system_call(__NR_arch_prctl, 0x1001, (long)value, 0, 0, 0, 0);
}

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;
	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
	return r;
}

static inline uint64_t xgetbv(void)
{
	uint32_t low, high;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

/*
 * Asks valgrind, where that executes us: these instructions come to nothing on any processor, and valgrind takes them for a request
 * (valgrind.h, __SPECIAL_INSTRUCTION_PREAMBLE). Answers 0 elsewhere.
 */
static inline uint64_t ask_valgrind(uint64_t request, const char *argument)
{
	uint64_t asked[6] = { request, (uint64_t)argument }, answer = 0;
	__asm__ volatile("rolq $3, %%rdi\n"
			 "rolq $13, %%rdi\n"
			 "rolq $61, %%rdi\n"
			 "rolq $51, %%rdi\n"
			 "xchgq %%rbx, %%rbx\n"
			 : "+d"(answer)
			 : "a"(asked)
			 : "cc", "memory");
	return answer;
}

/* gcc calls these by itself. */
void *memset(void *to, int byte, size_t length)
{
	void *start = to;
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(byte) : "memory");
	return start;
}

void *memcpy(void *to, const void *from, size_t length)
{
	void *start = to;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
	return start;
}
