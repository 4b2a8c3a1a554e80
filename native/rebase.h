/*
 * Stage 3 where modules may move: a range is reserved for each, another one where its own is taken, and the words that refer
 * to what moved are fixed in private copies. Where nothing moved, no fix-up is looked at.
 */
#pragma once
#include "place.h"

/* A place for the region: the one wanted, or where the kernel has room. */
static long reserve_range(const struct plan_region *region, uint64_t wanted)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	long at = map(wanted, region->length, PROT_NONE, flags | MAP_FIXED_NOREPLACE, -1, 0);
	if (at == (long)wanted)
		return at;
	/* With room to keep the place's remainder by the alignment. */
	uint64_t room = region->length + region->alignment - PAGE_SIZE;
	if (failed(at = map(0, room, PROT_NONE, flags, -1, 0)))
		return at;
	uint64_t skipped = (region->address - (uint64_t)at) & (region->alignment - 1);
	uint64_t begin = (uint64_t)at + skipped, end = begin + region->length;
	if (skipped)
		call2(__NR_munmap, at, skipped);
	if (end < (uint64_t)at + room)
		call2(__NR_munmap, end, (uint64_t)at + room - end);
	return (long)begin;
}

/* The distance by which everything moves in this process. */
static const char *draw_slide(const struct plan *plan, uint64_t *slide)
{
	*slide = 0;
	if (!(plan->flags & PLAN_SLIDE))
		return 0;
	if (call3(__NR_getrandom, slide, sizeof *slide, GRND_NONBLOCK) != sizeof *slide)
		return REASON_NO_RANDOM;
	*slide = (*slide & ((1ull << SLIDE_BITS) - 1)) * SLIDE_UNIT;
	return 0;
}

static const char *reserve_at(struct start *start, uint64_t slide)
{
	const struct plan *plan = start->plan;
	const struct plan_region *region = TABLE(plan, region);
	for (uint32_t i = 0; i < plan->regions_count; i++, region++) {
		if (!region->alignment)
			continue;
		long at = reserve_range(region, region->address + slide);
		if (failed(at))
			return shortage_or(at, REASON_MODULE_ROOM);
		start->places[i].shift = (uint64_t)at - region->address;
		start->regions_reserved = i + 1;
		start->moved |= start->places[i].shift != 0;
	}
	return 0;
}

/* All regions where the place has them, or none. */
static int reserve_exactly(struct start *start, uint64_t slide)
{
	const struct plan *plan = start->plan;
	const struct plan_region *regions = TABLE(plan, region);
	uint32_t i = 0;
	for (; i < plan->regions_count; i++) {
		uint64_t wanted = regions[i].address + slide;
		if (!regions[i].alignment)
			continue;
		if (map(wanted, regions[i].length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
		    (long)wanted)
			break;
		start->places[i].shift = slide;
	}
	if (i == plan->regions_count) {
		start->moved = slide != 0;
		start->slide = slide;
		start->regions_reserved = i;
		return 1;
	}
	while (i-- > 0)
		if (regions[i].alignment)
			call2(__NR_munmap, regions[i].address + slide, regions[i].length);
	return 0;
}

/* Where a range of a place is taken, the next place has it elsewhere. */
static const char *reserve_in_place(struct start *start)
{
	const struct plan *plan = start->plan;
	uint64_t first = first_place(plan), slide;
	for (uint64_t i = 0; i < plan->place_count; i++) {
		const char *why = find_place(start, first + i, &slide);
		if (why)
			return why;
		if (reserve_exactly(start, slide))
			return 0;
		call1(__NR_close, start->place);
		start->place = -1;
	}
	return REASON_MODULE_ROOM;
}

static const char *reserve(struct start *start)
{
	uint64_t slide;
	if (start->plan->place_count)
		return reserve_in_place(start);
	const char *why = draw_slide(start->plan, &slide);
	return why ? why : reserve_at(start, slide);
}

/* A group of fix-ups: see docs/formats/image.md. */
struct fix_group {
	uint32_t holder, target, count, offsets[];
};

static const struct fix_group *next_group(const struct fix_group *group)
{
	return (const struct fix_group *)(group->offsets + group->count);
}

struct fixes {
	const struct fix_group *first;
	/* No group begins from here on; a word of padding may. */
	const uint32_t *end;
};

#define FOR_EACH_GROUP(group, fixes)                                                                                    \
	for (const struct fix_group *group = (fixes)->first; group->offsets < (fixes)->end; group = next_group(group))

static void mark_holders(const struct start *start, const struct fixes *fixes)
{
	FOR_EACH_GROUP(group, fixes)
		if (start->places[group->target].shift)
			start->places[group->holder].fixed = 1;
}

/* Why a protection cannot be changed. */
static const char *unprotected(long result, const char *why)
{
	return result == -EACCES ? REASON_NO_NEW_CODE : shortage_or(result, why);
}

/* Read-only ranges in which something is fixed. They are not executable while they can be written to. Answers as mprotect. */
static long protect_fixed(const struct start *start, int writable)
{
	const struct plan *plan = start->plan;
	const struct plan_fix_range *range = TABLE(plan, fix_range);
	long result = 0;
	for (uint32_t i = 0; i < plan->fix_ranges_count && !result; i++, range++)
		if (start->places[range->region].fixed)
			result = call3(__NR_mprotect, placed(start, range->address, range->region), range->length,
				       writable ? PROT_READ | PROT_WRITE : (int)range->protection);
	return result;
}

static void apply_fixes(const struct start *start, const struct fixes *fixes)
{
	const struct plan_region *regions = TABLE(start->plan, region);
	FOR_EACH_GROUP(group, fixes) {
		uint64_t shift = start->places[group->target].shift;
		char *holder = (char *)placed(start, regions[group->holder].address, group->holder);
		if (shift)
			for (uint32_t i = 0; i < group->count; i++)
				*(uint64_t *)(holder + group->offsets[i]) += shift;
	}
}

/* Before anything is replaced: afterwards it would be too late to hand over. */
static const char *load_fixes(struct start *start, struct fixes *fixes)
{
	const struct plan *plan = start->plan;
	fixes->first = 0;
	if (!start->moved)
		return 0;
	long at = map(0, page_up(plan->fixes_size), PROT_READ, MAP_PRIVATE, start->image, plan->fixes_offset);
	if (failed(at))
		return shortage_or(at, REASON_FIXES_UNMAPPED);
	start->fixes.begin = (uint64_t)at;
	start->fixes.end = (uint64_t)at + page_up(plan->fixes_size);
	fixes->first = (const struct fix_group *)at;
	fixes->end = (const uint32_t *)(at + (long)plan->fixes_size);
	return checksum((const uint64_t *)at, plan->fixes_size / 8) == plan->fixes_checksum
		       ? 0
		       : REASON_FIXES_DAMAGED;
}

static const char *fix(struct start *start, const struct fixes *fixes)
{
	if (!fixes->first)
		return 0;
	mark_holders(start, fixes);
	long result = protect_fixed(start, 1);
	if (result)
		return unprotected(result, REASON_RANGE_WRITABLE);
	apply_fixes(start, fixes);
	call2(__NR_munmap, start->fixes.begin, start->fixes.end - start->fixes.begin);
	start->fixes.end = 0;
	return 0;
}
