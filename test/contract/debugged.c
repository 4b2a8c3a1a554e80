/* Says that it is there and waits in `work` for the end of its input; with an argument it ends with a core file there. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static __attribute__((noinline)) int work(int argc)
{
	volatile double root = sqrt(argc);
	char byte;
	if (argc > 1)
		abort();
	return (int)root + (int)read(0, &byte, 1);
}

int main(int argc, char **argv)
{
	(void)argv;
	/* Any process of this user may attach. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	puts("ready");
	fflush(stdout);
	int sum = work(argc);
	printf("done %d\n", sum);
	return 0;
}
