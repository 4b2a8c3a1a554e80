/* Reads files of /proc byte by byte. */
#pragma once
#include "system.h"

struct line_reader {
	int file;
	size_t next, end;
	/* All of /proc/self/status in most processes. */
	char bytes[2048];
};

static int open_reader(struct line_reader *reader, const char *path)
{
	reader->next = reader->end = 0;
	reader->file = open_file(path, 0);
	return reader->file >= 0;
}

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

/* The name of a field, up to its colon. Answers 0 at the end of the file. */
static int read_field(struct line_reader *reader, char *name, size_t room)
{
	size_t length = 0;
	char c = next_byte(reader);
	for (; c && c != ':' && c != '\n'; c = next_byte(reader))
		if (length + 1 < room)
			name[length++] = c;
	name[length] = 0;
	return c != 0;
}

static void skip_line(struct line_reader *reader)
{
	for (char c = next_byte(reader); c && c != '\n';)
		c = next_byte(reader);
}

/* The rest of a line that holds one number of base 16, or a digit. */
static uint64_t read_value(struct line_reader *reader)
{
	/* The tab behind the colon. */
	next_byte(reader);
	return read_hexadecimal(reader);
}
