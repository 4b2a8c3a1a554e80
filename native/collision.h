/* What to say where a range is taken: which module wants it, and who has it (proc(5), /proc/PID/maps). */
#pragma once
#include "start.h"

struct line_reader {
	int file;
	size_t next, end;
	char bytes[1024];
};

/* The next byte of a file; 0 at its end. */
static char next_byte(struct line_reader *reader)
{
	if (reader->next == reader->end) {
		long got = call3(__NR_read, reader->file, reader->bytes, sizeof reader->bytes);
		if (got <= 0)
			return 0;
		reader->next = 0;
		reader->end = (size_t)got;
	}
	return reader->bytes[reader->next++];
}

static uint64_t read_hexadecimal(struct line_reader *reader)
{
	uint64_t value = 0;
	for (;;) {
		char c = next_byte(reader);
		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint64_t)(c - 'a' + 10);
		else
			return value;
	}
}

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
	reader.next = reader.end = 0;
	name[0] = 0;
	reader.file = (int)call3(__NR_open, "/proc/self/maps", O_CLOEXEC, 0);
	if (reader.file < 0)
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
static __attribute__((noinline, cold)) void say_collision(const struct plan *plan, uint64_t address, uint64_t length)
{
	const struct plan_module *module = TABLE(plan, module);
	struct range range = { address, address + length };
	const char *name = "the image";
	char holder[256];
	for (uint32_t i = 0; i < plan->modules_count; i++, module++)
		if (address >= module->address && address < module->address + module->length) {
			name = plan_string(plan, module->path);
			range.begin = module->address;
			range.end = module->address + module->length;
		}
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
