/* What the timed loops call and read. The function is as short as one can be that is not the identity. */
#include "probe.h"

word callee_step(word x)
{
	return x + 1;
}

const word callee_a = 3, callee_b = 5, callee_c = 7, callee_d = 11;
