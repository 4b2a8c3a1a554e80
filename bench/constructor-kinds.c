/*
 * Constructors of many kinds, one for each NAME in `-DKIND_NAME`: `node bench/constructors.mjs --kinds` makes a library of each, and a
 * program that needs it, and shows how far the prefix goes. Built with -DPROGRAM it is the program.
 * That of BIT_OF_ADDRESS ends with 1 where its constructor saw another process.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

extern uint64_t kept;

/* One of two values, by where the kernel put the vectors. */
#define BIT_OF_ADDRESS(envp) (2 + ((uintptr_t)(envp) >> 13 & 1))

#ifdef PROGRAM
int main(int argc, char **argv, char **envp)
{
	(void)argc, (void)argv;
#ifdef KIND_BIT_OF_ADDRESS
	return kept != BIT_OF_ADDRESS(envp);
#else
	return kept == 0 && envp == 0;
#endif
}
#else

uint64_t kept = 1;
__thread uint64_t kept_of_thread;
void *kept_pointer;
jmp_buf kept_place;

static __attribute__((unused)) void at_end(void)
{
	kept = 3;
}

static __attribute__((unused)) void *in_thread(void *argument)
{
	kept = 4;
	return argument;
}

static __attribute__((unused)) int in_order(struct dl_phdr_info *module, size_t size, void *order)
{
	(void)size;
	for (const char *name = module->dlpi_name; *name; name++)
		*(uint64_t *)order = *(uint64_t *)order * 31 + (uint64_t)*name;
	return 0;
}

static __attribute__((unused)) void on_signal(int signal)
{
	kept = (uint64_t)signal;
}

static __attribute__((unused)) uint64_t sum(const char *text)
{
	uint64_t sum = 1;
	for (; text && *text; text++)
		sum = sum * 31 + (unsigned char)*text;
	return sum;
}

__attribute__((constructor)) static void construct(int argc, char **argv, char **envp)
{
	char bytes[64] = "";
	volatile uint64_t local = (uint64_t)argc;
	(void)argv, (void)envp, (void)bytes, (void)local;
#if defined KIND_NOTHING
	kept = 2;
#elif defined KIND_GETENV
	kept = sum(getenv("HOME"));
#elif defined KIND_SECURE_GETENV
	kept = sum(secure_getenv("HOME"));
#elif defined KIND_ENVIRON
	for (char **entry = environ; *entry; entry++)
		kept += sum(*entry);
#elif defined KIND_ENVP
	kept = sum(envp[0]);
#elif defined KIND_PROC_ENVIRON
	int file = open("/proc/self/environ", O_RDONLY);
	kept += (uint64_t)read(file, bytes, sizeof bytes);
	close(file);
#elif defined KIND_ARGV
	kept = sum(argv[0]);
#elif defined KIND_ARGC
	kept = (uint64_t)argc;
#elif defined KIND_AUXILIARY
	kept = *(uint64_t *)getauxval(AT_RANDOM);
#elif defined KIND_TIME
	kept = (uint64_t)time(0);
#elif defined KIND_CLOCK
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	kept = (uint64_t)now.tv_nsec;
#elif defined KIND_TICKS
	kept = __rdtsc();
#elif defined KIND_PROCESS_ID
	kept = (uint64_t)getpid();
#elif defined KIND_RANDOM
	kept = getrandom(&kept, sizeof kept, 0) == sizeof kept ? kept : 0;
#elif defined KIND_RANDOM_OF_PROCESSOR
	__asm__ volatile("rdrand %0" : "=r"(kept));
#elif defined KIND_CPUID
	unsigned a, b, c, d;
	__cpuid(7, a, b, c, d);
	kept = a + b + c + d;
#elif defined KIND_PROCESSOR
	kept = 2 + (uint64_t)sched_getcpu();
#elif defined KIND_FILE
	FILE *file = fopen("/etc/hostname", "re");
	kept = file && fgets(bytes, sizeof bytes, file) ? sum(bytes) : 2;
	if (file)
		fclose(file);
#elif defined KIND_ABSENT_FILE
	kept = 2 + (uint64_t)access("/etc/linkonce-is-not-here", R_OK);
#elif defined KIND_DESCRIPTOR
	kept = 2 + (uint64_t)open("/dev/null", O_RDONLY | O_CLOEXEC);
#elif defined KIND_MAPPING
	kept_pointer = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#elif defined KIND_HEAP
	kept_pointer = malloc(100);
	free(malloc(200));
#elif defined KIND_STACK_ADDRESS
	kept_pointer = __builtin_frame_address(0);
#elif defined KIND_MANGLED_POINTER
	atexit(at_end);
#elif defined KIND_STATIC_DESTRUCTOR
	extern int __cxa_atexit(void (*)(void *), void *, void *);
	extern void *__dso_handle;
	__cxa_atexit((void (*)(void *))at_end, bytes, &__dso_handle);
#elif defined KIND_MANGLED_PLACE
	kept = 2 + (uint64_t)setjmp(kept_place);
#elif defined KIND_SUM_OF_ADDRESS
	kept = (uint64_t)malloc(100) * 31;
#elif defined KIND_BIT_OF_ADDRESS
	kept = BIT_OF_ADDRESS(envp);
#elif defined KIND_CANARY
	__asm__("mov %%fs:0x28, %0" : "=r"(kept));
#elif defined KIND_THREAD_LOCAL
	kept_of_thread = 7;
#elif defined KIND_MODULE_ORDER
	dl_iterate_phdr(in_order, &kept);
#elif defined KIND_LOCALE
	kept = sum(setlocale(LC_ALL, ""));
#elif defined KIND_ERRNO
	errno = ERANGE;
#elif defined KIND_STDIO
	printf("said by a constructor");
#elif defined KIND_THREAD
	pthread_t thread;
	pthread_create(&thread, 0, in_thread, 0);
	pthread_join(thread, 0);
#elif defined KIND_SIGNAL
	signal(SIGUSR1, on_signal);
#elif defined KIND_TIMER
	alarm(1000);
#elif defined KIND_SETENV
	setenv("LINKONCE_KIND", "1", 1);
#else
#error "no kind"
#endif
}
#endif
