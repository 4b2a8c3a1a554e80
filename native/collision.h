/* What to say where a range is taken: which module wants it, and who has it (proc(5), /proc/PID/maps). */
#pragma once
#include "reader.h"
#include "start.h"

/* The rest of a line of maps from its name on, cut to the room. */
static void read_name(struct line_reader *reader, char *name, size_t room)
{
	size_t length = 0;
	int fields = 0, gap = 0;
	for (char c = next_byte(reader); c && c != '\n'; c = next_byte(reader)) {
		if (c == ' ' && fields < 4) {
			fields += !gap;
			gap = 1;
		} else {
			gap = 0;
			if (fields >= 4 && length + 1 < room && (c != ' ' || length))
				name[length++] = c;
		}
	}
	name[length] = 0;
}

/* The name of the first mapping that overlaps a range. */
static void find_holder(const struct range *range, char *name, size_t room)
{
	struct line_reader reader;
	name[0] = 0;
	if (!open_reader(&reader, "/proc/self/maps"))
		return;
	for (;;) {
		uint64_t begin = read_hexadecimal(&reader), end = read_hexadecimal(&reader);
		if (!end)
			break;
		read_name(&reader, name, room);
		if (begin < range->end && end > range->begin)
			break;
		name[0] = 0;
	}
	call1(__NR_close, reader.file);
}

static void say_number(uint64_t value)
{
	char digits[17];
	int at = 16;
	digits[at] = 0;
	do
		digits[--at] = "0123456789abcdef"[value & 15];
	while (value >>= 4);
	say("0x");
	say(digits + at);
}

/* One line: `linkonce: git: /lib/libz.so.1 wants 0x…-0x…, where [stack] is`. */
static __attribute__((noinline, cold)) void say_collision(const struct plan *plan, const struct plan_step *step)
{
	const struct plan_region *region = TABLE(plan, region) + step->region;
	const char *name = plan_string(plan, region->path);
	struct range range = { step->address, step->address + step->length };
	char holder[256];
	if (*name) {
		range.begin = region->address;
		range.end = region->address + region->length;
	} else
		name = "the image";
	find_holder(&range, holder, sizeof holder);
	say("linkonce: ");
	say(plan_string(plan, plan->program_path));
	say(": ");
	say(name);
	say(" wants ");
	say_number(range.begin);
	say("-");
	say_number(range.end);
	say(", where ");
	say(holder[0] ? holder : "other memory");
	say(" is\n");
}
