/* The checksum of plans and of launchers' trailers; src/image/checksum.ts is the other side. */
#pragma once
#include <stdint.h>

/* Four lanes of multiply and rotate over 64-bit words; a check against damage, not against enemies: see check_image. */
static uint64_t checksum(const uint64_t *words, uint64_t count)
{
	uint64_t lane[4] = { 1, 2, 3, 4 };
	for (uint64_t i = 0; i < count; i++) {
		uint64_t mixed = (lane[i & 3] ^ words[i]) * 0x9e3779b97f4a7c15ull;
		lane[i & 3] = mixed << 29 | mixed >> 35;
	}
	uint64_t sum = count;
	for (int i = 0; i < 4; i++)
		sum = (sum ^ lane[i]) * 0x9e3779b97f4a7c15ull;
	return sum ^ sum >> 32;
}
