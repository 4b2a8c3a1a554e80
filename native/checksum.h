/* Whether the plan and the launcher's trailer are as they were written; src/image/checksum.ts is the other side. */
#pragma once
#include "start.h"

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

/* The trailer ends where the launcher's only segment does. Its first two words are the magic and the checksum itself. */
static int is_whole(const struct launcher *launcher)
{
	const Elf64_Ehdr *file = (const Elf64_Ehdr *)page_down((uint64_t)loader_begin);
	const Elf64_Phdr *segment = (const Elf64_Phdr *)((const char *)file + file->e_phoff);
	return launcher->magic == LAUNCHER_MAGIC && launcher->version == PLAN_VERSION &&
	       (uint64_t)launcher - (uint64_t)file + launcher->size == segment->p_filesz &&
	       checksum((const uint64_t *)launcher + 2, launcher->size / 8 - 2) == launcher->own_checksum;
}
