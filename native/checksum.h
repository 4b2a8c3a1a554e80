/* Whether the launcher's trailer is as it was written. */
#pragma once
#include "start.h"
#include "sum.h"

/* The trailer ends where the launcher's only segment does. Its first two words are the magic and the checksum itself. */
static int is_whole(const struct launcher *launcher)
{
	const Elf64_Ehdr *file = (const Elf64_Ehdr *)page_down((uint64_t)loader_begin);
	const Elf64_Phdr *segment = (const Elf64_Phdr *)((const char *)file + file->e_phoff);
	return launcher->magic == LAUNCHER_MAGIC && launcher->version == PLAN_VERSION &&
	       (uint64_t)launcher - (uint64_t)file + launcher->size == segment->p_filesz &&
	       checksum((const uint64_t *)launcher + 2, launcher->size / 8 - 2) == launcher->own_checksum;
}
