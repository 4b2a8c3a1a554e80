/* Spends its time in a function of its own and in one of libc's; with an argument it then waits in read(2). */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline)) unsigned long draw_numbers(long count)
{
	unsigned long sum = 0;
	while (count--)
		sum = sum * 31 + (unsigned long)rand();
	return sum;
}

__attribute__((noinline)) long wait_for_input(void)
{
	char byte;
	printf("waiting\n");
	fflush(stdout);
	return read(0, &byte, 1) + 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return (int)wait_for_input() & 1;
	return draw_numbers(40000000) == 7;
}
