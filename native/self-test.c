/*
 * self-test: the program that `linkonce doctor` captures, binds and starts. It prints one line that is right only where its
 * linker's work was: a pointer to its own data, one to a function of the C library, a constructor, a variable of its thread.
 */
#include "any-glibc.h"
#include <stdio.h>
#include <stdlib.h>

static int constructed;
static __thread int thread = 3;
static int *const pointer = &constructed;
static int (*const absolute)(int) = abs;

__attribute__((constructor)) static void construct(void)
{
	constructed = 1;
}

int main(void)
{
	return printf("%d%d%d\n", *pointer, absolute(-2), thread) == 4 ? 0 : 1;
}
