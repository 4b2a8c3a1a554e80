/* What the opener needs: which module a file is, which modules there are, and how a prepared one is mapped, or made as if it were not. */
#pragma once
#include "same-file.h"
#include "system.h"

/* linux/mman.h */
#define MAP_DENYWRITE 0x0800

/* The arguments of mmap(2). */
struct call {
	long address, length, protection, flags, file, offset;
};

/* <link.h>: what debuggers may rely on. From glibc 2.35 on the version is 2 once there has been another namespace. */
struct link_map {
	uint64_t load_bias;
	const char *name;
	uint64_t dynamic;
	struct link_map *next, *previous;
};

struct r_debug {
	int version;
	struct link_map *maps;
};
#define ONLY_BASE_NAMESPACE 1

static inline long as_asked(const struct call *call)
{
	return system_call(__NR_mmap, call->address, call->length, call->protection, call->flags, call->file, call->offset);
}

static inline const void *at_offset(const struct opened_head *table, uint32_t offset)
{
	return (const char *)table + offset;
}

/* Modules stand in the order of their addresses. */
static const struct opened_module *module_at(const struct opened_head *table, uint64_t address)
{
	const struct opened_module *modules = at_offset(table, table->modules_offset);
	uint32_t low = 0, high = table->modules_count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (address >= modules[middle].address + modules[middle].length)
			low = middle + 1;
		else
			high = middle;
	}
	return low < table->modules_count && address >= modules[low].address ? modules + low : 0;
}

/* fstat(2), or newfstatat(2) as glibc did from 2.33 to 2.38. */
static long status_in(const struct opened_head *table, int file, struct stat *status)
{
	if (table->status_call == __NR_newfstatat)
		return status_of_file(file, status);
	return call2(table->status_call, file, status);
}

static int is_file_of(const struct opened_head *table, const struct opened_module *module, int file)
{
	struct stat now;
	return !failed(status_in(table, file, &now)) && IS_SAME_FILE(&now, module);
}

static const struct opened_module *module_of(const struct opened_head *table, int file)
{
	const struct opened_module *modules = at_offset(table, table->modules_offset);
	struct stat now;
	if (failed(status_in(table, file, &now)))
		return 0;
	for (uint32_t i = 0; i < table->modules_count; i++)
		if (IS_SAME_FILE(&now, modules + i))
			return modules + i;
	return 0;
}

/*
 * The module of a link map, if it is one of the table's, at its place. Where ld.so reserves a range before it says for which file, another
 * file could be there: that has no word of ours.
 */
static const struct opened_module *known(const struct opened_head *table, const struct link_map *map)
{
	const struct opened_module *module = module_at(table, map->dynamic);
	if (!module || module->load_bias != map->load_bias || module->dynamic != map->dynamic)
		return 0;
	return !module->reserved_length || (module->applied && *(uint64_t *)module->applied) ? module : 0;
}

/* The first link map behind those that every process of the program begins with: new ones come at the end. */
static const struct link_map *later_maps(const struct opened_head *table, const struct r_debug *debug)
{
	const struct link_map *map = debug->maps;
	for (uint32_t i = 0; i < table->first_maps && map; i++)
		map = map->next;
	return map;
}

static int are_all_known(const struct opened_head *table, const struct r_debug *debug)
{
	for (const struct link_map *map = later_maps(table, debug); map; map = map->next)
		if (!known(table, map))
			return 0;
	return 1;
}

/* Whose later segment this is, if its first one came to a range of the table. */
static const struct opened_module *module_of_segment(const struct call *call, const struct opened_head *table)
{
	const struct opened_module *module = module_at(table, (uint64_t)call->address);
	return module && is_file_of(table, module, (int)call->file) ? module : 0;
}

/* Its memory is there, but ld.so may have taken the rights to it meanwhile: it maps modules over ranges without any. */
static long as_prepared(const struct call *call)
{
	long result = call3(__NR_mprotect, call->address, call->length, call->protection);
	return failed(result) ? result : call->address;
}

/*
 * The image that this process was started from has the plan that is in memory. Whose it is was looked at when the process began; who
 * puts another one in its place is its owner, or root.
 */
static int is_own_image(const struct opened_head *table, int file)
{
	uint64_t head[3];
	const uint64_t *plan = (const uint64_t *)table->plan;
	struct stat now;
	return !failed(status_in(table, file, &now)) && now.st_uid == table->owner && !(now.st_mode & GROUP_OR_OTHER_WRITES) &&
	       call4(__NR_pread64, file, head, sizeof head, PLAN_OFFSET) == sizeof head && head[0] == plan[0] && head[1] == plan[1] &&
	       head[2] == plan[2];
}

static int open_source(const struct opened_head *table, const struct opened_file *source)
{
	struct stat now;
	int file = open_file(at_offset(table, source->path), 0);
	if (file < 0)
		return file;
	if (source->inode ? !failed(status_in(table, file, &now)) && IS_SAME_FILE(&now, source) : is_own_image(table, file))
		return file;
	call1(__NR_close, file);
	return -ENOENT;
}

/* Pieces stand in the order of their files. */
static long map_pieces(const struct opened_head *table, const struct opened_module *module)
{
	const struct opened_file *sources = at_offset(table, table->files_offset);
	const struct opened_piece *piece = at_offset(table, table->pieces_offset);
	piece += module->first_piece;
	uint32_t opened = ~0u;
	int file = -1;
	long at = 0;
	for (uint32_t i = 0; i < module->pieces_count && !failed(at); i++, piece++) {
		if (piece->file != opened && file >= 0)
			call1(__NR_close, file);
		if (piece->file != opened)
			file = open_source(table, sources + piece->file);
		opened = piece->file;
		at = file < 0 ? file : map(piece->address, piece->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file,
					   piece->offset);
	}
	if (file >= 0)
		call1(__NR_close, file);
	return failed(at) ? at : 0;
}

/* Whether the range is ours now. A kernel before 4.17 maps elsewhere where it is taken. */
static long map_free(const struct call *call, uint64_t address)
{
	long at = map(address, call->length, (int)call->protection, (int)call->flags | MAP_FIXED_NOREPLACE, (int)call->file, call->offset);
	if (failed(at) || at == (long)address)
		return at;
	call2(__NR_munmap, at, call->length);
	return -EEXIST;
}

/* All of a module, or nothing. */
static long map_prepared(const struct call *call, const struct opened_head *table, const struct r_debug *debug)
{
	const struct opened_module *module = module_of(table, (int)call->file);
	if (!module || page_up((uint64_t)call->length) != module->length || !are_all_known(table, debug))
		return -ENOENT;
	long at = map_free(call, module->address);
	long failure = failed(at) ? at : map_pieces(table, module);
	if (!failed(at) && failure)
		call2(__NR_munmap, at, call->length);
	return failure ? failure : at;
}

/* Descriptors among which a file that ld.so has just opened is looked for. */
#define DESCRIPTORS 256

static int is_open(const struct opened_head *table, const struct opened_module *module)
{
	for (int file = 0; file < DESCRIPTORS; file++)
		if (is_file_of(table, module, file))
			return 1;
	return 0;
}

/*
 * For segments that want more than the alignment of pages ld.so reserves a range, then maps the file over where that is aligned, and
 * gives the rest back (elf/dl-map-segments.h, since glibc 2.35). The range may be a module's of that length whose file is open.
 */
static long reserve_prepared(const struct call *call, const struct opened_head *table, const struct r_debug *debug)
{
	const struct opened_module *module = at_offset(table, table->modules_offset);
	for (uint32_t i = 0; i < table->modules_count; i++, module++) {
		if (!module->pieces_count || module->reserved_length != (uint64_t)call->length || !is_open(table, module) ||
		    !are_all_known(table, debug))
			continue;
		long at = map_free(call, module->address);
		if (!failed(at))
			return at;
	}
	return -ENOENT;
}

/* ld.so relocates the word `applied` of a prepared module first. */
static void give_back(const struct opened_head *table, const struct r_debug *debug)
{
	const struct opened_edit *edits = at_offset(table, table->edits_offset);
	for (const struct link_map *map = later_maps(table, debug); map; map = map->next) {
		const struct opened_module *module = known(table, map);
		uint64_t *applied = module ? (uint64_t *)module->applied : 0;
		if (!applied || *applied != OPENED_PREPARED)
			continue;
		for (uint32_t i = 0; i < module->edits_count; i++)
			*(uint64_t *)edits[module->first_edit + i].address = edits[module->first_edit + i].value;
		*applied = OPENED_GIVEN_BACK;
	}
}

/* The first segment of a module whose range was reserved; without its pages it is a module that nobody knows. */
static long map_reserved(const struct call *call, const struct opened_head *table, const struct opened_module *module,
			 const struct r_debug *debug)
{
	long at = as_asked(call);
	if (failed(at) || !map_pieces(table, module))
		return at;
	give_back(table, debug);
	return as_asked(call);
}

/* A segment of a module whose first one came to its range, or now does. */
static long map_segment(const struct call *call, const struct opened_head *table, const struct opened_module *module,
			const struct r_debug *debug)
{
	if (module->reserved_length && call->address == (long)module->address)
		return map_reserved(call, table, module, debug);
	return module->pieces_count && call->protection & PROT_WRITE ? as_prepared(call) : as_asked(call);
}
