/*
 * For programs that a package brings compiled: they start with every glibc that linkonce serves, not only with those from that of the compiler
 * on. glibc 2.34 gave `__libc_start_main` a new version, which has programs bring no function that calls their constructors. This asks for
 * the old one, which all have, and brings that function. Linked with --wrap=__libc_start_main, which leads the start file here.
 */
#include <features.h>

typedef int main_function(int, char **, char **);
typedef void initialiser(int, char **, char **);
typedef int start_function(main_function *, int, char **, initialiser *, void (*)(void), void (*)(void), void *);

start_function __wrap___libc_start_main;

#ifdef __GLIBC__
extern start_function old_start;
__asm__(".symver old_start, __libc_start_main@GLIBC_2.2.5");

extern initialiser *const __init_array_start[] __attribute__((visibility("hidden")));
extern initialiser *const __init_array_end[] __attribute__((visibility("hidden")));

static void call_constructors(int count, char **arguments, char **environment)
{
	for (initialiser *const *each = __init_array_start; each < __init_array_end; each++)
		(*each)(count, arguments, environment);
}

int __wrap___libc_start_main(main_function *main, int count, char **arguments, initialiser *init, void (*fini)(void),
			     void (*linker_fini)(void), void *stack_end)
{
	(void)init, (void)fini;
	return old_start(main, count, arguments, call_constructors, 0, linker_fini, stack_end);
}
#else
extern start_function __real___libc_start_main;

int __wrap___libc_start_main(main_function *main, int count, char **arguments, initialiser *init, void (*fini)(void),
			     void (*linker_fini)(void), void *stack_end)
{
	return __real___libc_start_main(main, count, arguments, init, fini, linker_fini, stack_end);
}
#endif
