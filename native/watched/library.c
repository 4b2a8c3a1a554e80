/* The library of the program that tools watch. */
#include "watched.h"

#define ROUNDS 2000

unsigned watched_in_library(unsigned value)
{
	for (volatile unsigned round = 0; round < ROUNDS; round++)
		value = value * 1664525u + 1013904223u;
	return value;
}
