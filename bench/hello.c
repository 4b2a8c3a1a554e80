/* The smallest useful program: what a start costs without any linker. */
#include <stdio.h>

int main(void)
{
	puts("hello");
	return 0;
}
