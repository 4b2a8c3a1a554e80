/*
 * Stage 2, where the cache of ld.so is another file than at bind: whether it has the same entries for every name that the linker may
 * look up there. Any installation of any library writes it anew. src/program/cached-answers.ts is the other side, and says what the
 * digests are of. They are found as glibc finds them (elf/dl-cache.c), and nothing is believed of the file: what leads out of
 * it, or is not as glibc wants it, is a reason to hand over.
 */
#pragma once
#include "start.h"

/* sysdeps/generic/dl-cache.h. A table of the old format may come first. */
#define OLD_CACHE_MAGIC "ld.so-1.7.0"
#define CACHE_MAGIC "glibc-ld.so.cache1.1"
struct old_cache {
	char magic[12];
	uint32_t count;
};
#define OLD_CACHE_ENTRY 12

struct cache_header {
	char magic[20];
	uint32_t count, strings_length;
	/* Bits 0 and 1: 0, not said; 2, little-endian. */
	uint32_t flags;
	/* From the start of the file; 0: there is none. */
	uint32_t extension;
	uint32_t unused[3];
};
_Static_assert(sizeof(struct cache_header) == 48, "struct cache_file_new");

/* Strings are offsets from the header. */
struct cache_entry {
	uint32_t flags, key, value, os_version;
	uint64_t hwcap;
};

/* DL_CACHE_HWCAP_EXTENSION: the lower half of `hwcap` is the number of a glibc-hwcaps folder, and counts by its name. */
#define HWCAP_IS_FOLDER (1ull << 62)

#define CACHE_EXTENSION_MAGIC 0xeaa42174
#define CACHE_EXTENSION_HWCAPS 1
struct cache_extension {
	uint32_t magic, count;
	struct cache_section {
		uint32_t tag, flags, offset, size;
	} sections[];
};

/* The file, in memory of its own: who truncates a file that is mapped ends whoever reads it. */
struct cache {
	const char *file, *end;
	const struct cache_header *header;
	const struct cache_entry *entries;
	/* Names of glibc-hwcaps folders: offsets from the start of the file. */
	const uint32_t *folders;
	uint32_t folders_count;
	/* Something in it is not as it must be. */
	int damaged;
};

static long read_all(int file, char *to, uint64_t length)
{
	for (uint64_t done = 0; done < length;) {
		long got = call4(__NR_pread64, file, to + done, length - done, done);
		if (got <= 0)
			return got ? got : -ENODATA;
		done += (uint64_t)got;
	}
	return 0;
}

/* A zero stands behind its end. Answers 0, or what failed. */
static long read_cache(const char *path, struct cache *cache)
{
	struct stat status;
	int file = open_file(path, 0);
	long failure = file < 0 ? file : status_of_file(file, &status);
	cache->file = cache->end = 0;
	if (!failed(failure)) {
		uint64_t size = (uint64_t)status.st_size;
		long at = map(0, size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		failure = at;
		if (!failed(at)) {
			cache->file = (const char *)at;
			cache->end = cache->file + size;
			failure = read_all(file, (char *)at, size);
		}
	}
	call1(__NR_close, file);
	return failure;
}

/* Whether so many elements of so many bytes are in the file from there on. */
static int is_inside(const struct cache *cache, const char *at, uint64_t count, uint64_t size)
{
	return at <= cache->end && count <= (uint64_t)(cache->end - at) / size;
}

static int find_header(struct cache *cache)
{
	const char *at = cache->file;
	const struct old_cache *old = (const struct old_cache *)at;
	if (is_inside(cache, at, 1, sizeof *old) && begins_with(old->magic, OLD_CACHE_MAGIC)) {
		uint64_t entries = (uint64_t)old->count * OLD_CACHE_ENTRY;
		if (!is_inside(cache, at, sizeof *old + entries, 1))
			return 0;
		at += (sizeof *old + entries + 7) & ~7ull;
	}
	cache->header = (const struct cache_header *)at;
	cache->entries = (const struct cache_entry *)(cache->header + 1);
	return is_inside(cache, at, 1, sizeof *cache->header) && begins_with(at, CACHE_MAGIC) &&
	       (cache->header->flags & 3) % 2 == 0 && (cache->header->flags & 3) != 3 &&
	       is_inside(cache, (const char *)cache->entries, cache->header->count, sizeof *cache->entries);
}

static const char *cache_string(struct cache *cache, const char *from, uint32_t offset)
{
	const char *string = from + offset;
	if (string < cache->end)
		return string;
	cache->damaged = 1;
	return "";
}

static const char *entry_name(struct cache *cache, uint32_t index)
{
	return cache_string(cache, (const char *)cache->header, cache->entries[index].key);
}

/* As bytes. */
static int is_before(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a < (unsigned char)*b;
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static uint32_t take_number(const char **at)
{
	uint32_t value = 0;
	while (is_digit(**at))
		value = value * 10 + (uint32_t)(*(*at)++ - '0');
	return value;
}

/* _dl_cache_libcmp: numbers count by value, in 32 bits. */
static int compare_names(const char *a, const char *b)
{
	while (*a) {
		if (is_digit(*a) != is_digit(*b))
			return is_digit(*a) ? 1 : -1;
		int difference = is_digit(*a) ? (int)(take_number(&a) - take_number(&b)) : *a++ - *b++;
		if (difference)
			return difference;
	}
	return -*b;
}

/* FNV-1a. */
#define DIGEST_OF_NONE 0xcbf29ce484222325ull
static uint64_t digest_bytes(uint64_t digest, const void *bytes, uint64_t length)
{
	for (const unsigned char *at = bytes, *end = at + length; at < end; at++)
		digest = (digest ^ *at) * 0x100000001b3ull;
	return digest;
}

/* With its closing zero. */
static uint64_t digest_string(struct cache *cache, uint64_t digest, const char *string)
{
	uint64_t length = string_length(string) + 1;
	/* It must not be the zero behind the end of the file. */
	cache->damaged |= string + length > cache->end;
	return digest_bytes(digest, string, length);
}

static const char *folder_name(struct cache *cache, uint32_t number)
{
	return number < cache->folders_count ? cache_string(cache, cache->file, cache->folders[number]) : "";
}

static uint64_t digest_entry(struct cache *cache, uint64_t digest, uint32_t index)
{
	const struct cache_entry *entry = &cache->entries[index];
	const int in_folder = (entry->hwcap & HWCAP_IS_FOLDER) != 0;
	uint64_t hwcap = in_folder ? entry->hwcap >> 32 << 32 : entry->hwcap;
	digest = digest_bytes(digest, &entry->flags, sizeof entry->flags);
	digest = digest_bytes(digest, &entry->os_version, sizeof entry->os_version);
	digest = digest_bytes(digest, &hwcap, sizeof hwcap);
	if (in_folder)
		digest = digest_string(cache, digest, folder_name(cache, (uint32_t)entry->hwcap));
	digest = digest_string(cache, digest, entry_name(cache, index));
	return digest_string(cache, digest, cache_string(cache, (const char *)cache->header, entry->value));
}

/* Of all neighbours of one name; they are sorted descending. */
static uint64_t digest_name(struct cache *cache, const char *name)
{
	const uint32_t count = cache->header->count;
	uint64_t digest = DIGEST_OF_NONE;
	for (uint32_t left = 0, right = count; left < right && !cache->damaged;) {
		uint32_t at = left + (right - 1 - left) / 2;
		int direction = compare_names(name, entry_name(cache, at));
		if (direction < 0)
			left = at + 1;
		else if (direction > 0)
			right = at;
		else {
			while (at > 0 && !compare_names(name, entry_name(cache, at - 1)))
				at--;
			do
				digest = digest_entry(cache, digest, at);
			while (++at < count && !compare_names(name, entry_name(cache, at)));
			break;
		}
	}
	return digest;
}

/* glibc goes through both its own list and this one as sorted ones, and takes nothing else for a list. */
static void take_folders(struct cache *cache, const struct cache_section *section)
{
	cache->folders = (const uint32_t *)(cache->file + section->offset);
	cache->folders_count = section->size / 4;
	cache->damaged |= section->size % 4 || section->offset % 4;
	for (uint32_t i = 1; i < cache->folders_count && !cache->damaged; i++)
		cache->damaged |= !is_before(folder_name(cache, i - 1), folder_name(cache, i));
}

/* Of two sections with such names glibc takes the last. */
static void find_folders(struct cache *cache)
{
	const struct cache_extension *extension =
		(const struct cache_extension *)(cache->file + cache->header->extension);
	if (!cache->header->extension)
		return;
	cache->damaged |= cache->header->extension % 4 ||
			  !is_inside(cache, (const char *)extension, 1, sizeof *extension) ||
			  extension->magic != CACHE_EXTENSION_MAGIC ||
			  !is_inside(cache, (const char *)extension->sections, extension->count,
				     sizeof *extension->sections);
	for (uint32_t i = 0; !cache->damaged && i < extension->count; i++) {
		const struct cache_section *section = &extension->sections[i];
		cache->damaged |= !is_inside(cache, cache->file + section->offset, section->size, 1);
		if (!cache->damaged && section->tag == CACHE_EXTENSION_HWCAPS)
			take_folders(cache, section);
	}
}

static const char *compare_answers(const struct start *start, struct cache *cache)
{
	const struct plan *plan = start->plan;
	const struct plan_cached *row = TABLE(plan, cached);
	find_folders(cache);
	for (uint32_t i = 0; i < plan->cached_count; i++, row++) {
		const char *name = plan_string(plan, row->name);
		uint64_t digest = cache->damaged ? 0 : digest_name(cache, name);
		if (cache->damaged)
			return REASON_CACHE_UNREAD;
		if (digest == row->digest)
			continue;
		if (start->debug)
			say_line(name, " is not as at bind in ", plan_string(plan, plan->cache_path));
		return REASON_CACHED_LIBRARY;
	}
	return 0;
}

/* For a row of the plan's files that is this cache, and another file by now. */
static __attribute__((noinline, cold)) const char *check_cache(const struct start *start)
{
	struct cache cache;
	memset(&cache, 0, sizeof cache);
	long failure = read_cache(plan_string(start->plan, start->plan->cache_path), &cache);
	const char *why = failed(failure) ? shortage_or(failure, REASON_CACHE_UNREAD)
			  : find_header(&cache) ? compare_answers(start, &cache)
						: REASON_CACHE_UNREAD;
	if (cache.file)
		call2(__NR_munmap, cache.file, cache.end + 1 - cache.file);
	return why;
}
