/* Generated from src/image/plan-layout.ts: change that file, not this one. */
#pragma once
#include <stdint.h>

#define PLAN_MAGIC 4990918914529446220ull
#define LAUNCHER_MAGIC 5928223938417344844ull
#define PLAN_VERSION 10
#define PLAN_OFFSET 4096
#define COUNT_MAGIC 6074886746289163852ull
#define COUNT_VERSION 1
#define COUNT_FILE_SIZE 256
#define SETTLED_MAGIC 5500113701653139020ull
#define SETTLED_VERSION 1
#define SETTLED_FOLDER "/run/linkonce"
#define SLIDE_BITS 24
#define SLIDE_UNIT 2097152ull
#define SERVING_SUFFIX ".served"
#define SERVING_SECOND 8388608
#define SERVING_PATIENCE 5
#define LOCAL_FILE_SYSTEMS 61267, 1481003842, 2435016766, 4076150800, 3393526350, 801189825, 827541066
#define FILE_SYSTEMS_IN_MEMORY 16914836, 2240043254
#define OVERLAY_FILE_SYSTEM 2035054128

enum {
	OPERATION_MAP_FILE = 0,
	OPERATION_MAP_FILE_OVER = 1,
	OPERATION_MAP_ZERO_OVER = 2,
	OPERATION_PROTECT = 3,
	OPERATION_MAP_ZERO = 4,
	OPERATION_FILL = 5,
};
enum {
	BACKING_OWN = 0,
	BACKING_FILE = 1,
	BACKING_SHOWN = 2,
	BACKING_MODULE = 3,
};
enum {
	ACTION_SET_THREAD_ID_ADDRESS = 0,
	ACTION_SET_FS = 1,
	ACTION_SET_GS = 2,
	ACTION_SET_ROBUST_LIST = 3,
	ACTION_REGISTER_RSEQ = 4,
	ACTION_ENTER_BY_SIGNAL = 5,
	ACTION_SORT_UNWIND_TABLE = 6,
};
enum {
	SOURCE_STACK_POINTER = 0,
	SOURCE_ARGC = 1,
	SOURCE_ARGV = 2,
	SOURCE_ENVP = 3,
	SOURCE_AUXV = 4,
	SOURCE_AUXILIARY = 5,
	SOURCE_VDSO = 6,
	SOURCE_PROGRAM_BREAK = 7,
	SOURCE_THREAD_ID = 8,
	SOURCE_STACK_CANARY = 9,
	SOURCE_POINTER_GUARD = 10,
	SOURCE_RANDOM = 11,
	SOURCE_STACK_LIMIT = 12,
	SOURCE_VARIABLE = 13,
};
enum {
	PATH_ABSENT = 0,
	PATH_DIRECTORY = 1,
	PATH_NO_FOLDER = 2,
};
enum {
	PLAN_NEEDS_EXE_LINK = 1,
	PLAN_FIXED_EXECUTABLE = 2,
	PLAN_END_ON_COLLISION = 4,
	PLAN_SLIDE = 8,
	PLAN_PLACE_BY_GROUP = 16,
};
enum {
	LAUNCHER_INTERPRETER = 1,
	LAUNCHER_END_ON_COLLISION = 2,
	LAUNCHER_ONLY_ASKED = 4,
};
enum {
	ANSWER_RUNS = 0,
	ANSWER_HANDS_OVER = 3,
};
enum {
	OPENED_PREPARED = 1,
	OPENED_GIVEN_BACK = 2,
};

/* From src/image/reasons.ts. */
#define REASON_RAISED_PRIVILEGES "it runs with raised privileges"
#define REASON_DEBUGGER "a debugger started it"
#define REASON_VARIABLES "it is not bound for the linker's variables as they are set"
#define REASON_NO_IMAGE "there is no image"
#define REASON_IMAGE_UNREADABLE "this user may not read the image"
#define REASON_IMAGE_UNKNOWN "the image cannot be looked at"
#define REASON_IMAGE_TRUNCATED "the image is truncated"
#define REASON_IMAGE_FOREIGN "the image belongs to another user"
#define REASON_IMAGE_WRITABLE "others may write to the image"
#define REASON_IMAGE_RANGE_TAKEN "the image's range is taken"
#define REASON_IMAGE_UNMAPPED "the image cannot be mapped"
#define REASON_IMAGE_VERSION "the image is not of this version"
#define REASON_IMAGE_DAMAGED "the image is damaged, or another one than at bind"
#define REASON_IMAGE_LOADER "the image has another loader"
#define REASON_FILE_CHANGED "a file is not as at bind"
#define REASON_CACHED_LIBRARY "the linker's cache has something else for a library"
#define REASON_CACHE_UNREAD "the linker's cache is another one, and cannot be read"
#define REASON_FILTERED_LINKS "its program has several names, and under a filter of system calls no link is read"
#define REASON_KERNEL_ANSWER "the kernel answers a question of the linker in another way"
#define REASON_STACK_LIMIT "the limit of the stack is lower than this program was bound for"
#define REASON_MACHINE "the kernel describes another machine"
#define REASON_PLATFORM "the kernel names another platform"
#define REASON_PROCESSOR "the processor has other features"
#define REASON_PROCESSOR_STATE "the kernel enables other processor features"
#define REASON_NO_VDSO "there is no vdso"
#define REASON_VDSO "the vdso is another one"
#define REASON_VDSO_NOTES "the vdso has no notes"
#define REASON_NO_RANDOM "the kernel has no random bytes yet"
#define REASON_EXE_LINK "it reads /proc/self/exe, and this user may not set that link"
#define REASON_HEAP_ROOM "there is no room for the heap"
#define REASON_HEAP_UNREAD "the image's heap cannot be read"
#define REASON_MODULE_ROOM "there is no room for a module"
#define REASON_RANGE_TAKEN "a range is taken"
#define REASON_RANGE_UNMAPPED "a range cannot be mapped"
#define REASON_RANGE_PROTECTION "a range cannot be protected"
#define REASON_RANGE_WRITABLE "a range cannot be made writable"
#define REASON_RANGE_SEALED "a range cannot be made read-only"
#define REASON_NO_NEW_CODE "this process may not make memory executable"
#define REASON_STORE_FILE "a file of the store is not as at bind"
#define REASON_FIXES_UNMAPPED "the fix-ups cannot be mapped"
#define REASON_FIXES_DAMAGED "the image's fix-ups are damaged"
#define REASON_NO_PLACES "there are no places"
#define REASON_PLACES_UNSERVED "nobody serves the places"
#define REASON_SERVER_GONE "who served the places is gone"
#define REASON_SERVER_FOREIGN "others may write to the lock of the places"
#define REASON_SERVER_SILENT "who serves the places gives no sign of life"
#define REASON_SERVER_STOPPED "who serves the places is stopped"
#define REASON_PLACES_FOREIGN "others may write to the places"
#define REASON_PLACE_FOREIGN "others may write to the place"
#define REASON_PLACE_SLIDE "the place says no slide"
#define REASON_NO_DESCRIPTOR "no file descriptor is left"
#define REASON_NO_MEMORY "there is not enough memory, or a limit of it is reached"

/* What the next steps map; see `backingKinds`. `path` as in `plan_file`. */
struct plan_backing {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t mtime_seconds;
	int64_t ctime_seconds;
	uint32_t mtime_nanoseconds;
	uint32_t ctime_nanoseconds;
	uint32_t directory;
	uint32_t path;
	uint32_t steps;
	uint32_t kind;
};
_Static_assert(sizeof(struct plan_backing) == 64, "plan_backing");

/* One change of the address space, in order. */
struct plan_step {
	uint64_t address;
	uint64_t length;
	uint64_t offset;
	uint16_t operation;
	uint16_t protection;
	uint32_t region;
};
_Static_assert(sizeof(struct plan_step) == 32, "plan_step");

/* A range that moves as one; the first is plan and loader. With an alignment of 0 it stays; the heap is relative to the break. */
struct plan_region {
	uint64_t address;
	uint64_t length;
	uint32_t path;
	uint32_t alignment;
};
_Static_assert(sizeof(struct plan_region) == 24, "plan_region");

/* Pages that every start writes to (struct iovec). */
struct plan_prefault {
	uint64_t address;
	uint64_t length;
};
_Static_assert(sizeof(struct plan_prefault) == 16, "plan_prefault");

/* A range that loses PROT_WRITE after the process words are written. */
struct plan_seal {
	uint64_t address;
	uint64_t length;
	uint32_t protection;
	uint32_t region;
};
_Static_assert(sizeof(struct plan_seal) == 24, "plan_seal");

/* Read-only memory with fix-ups: writable while they are applied. */
struct plan_fix_range {
	uint64_t address;
	uint64_t length;
	uint32_t protection;
	uint32_t region;
};
_Static_assert(sizeof(struct plan_fix_range) == 24, "plan_fix_range");

/* What a start does beside; see `actions`. */
struct plan_action {
	uint64_t value;
	uint64_t second_argument;
	uint64_t third_argument;
	uint32_t operation;
	uint32_t region;
};
_Static_assert(sizeof(struct plan_action) == 32, "plan_action");

/* A file that was read: it must be the same one. `path` is relative to `directory` where that is not empty. Where `mapped` is not 0 a backing asks. */
struct plan_file {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t mtime_seconds;
	int64_t ctime_seconds;
	uint32_t mtime_nanoseconds;
	uint32_t ctime_nanoseconds;
	uint32_t directory;
	uint32_t path;
	uint32_t mapped;
	uint32_t reserved;
};
_Static_assert(sizeof(struct plan_file) == 64, "plan_file");

/* A symbolic link on the way to the program: it must have the same text. */
struct plan_link {
	uint32_t path;
	uint32_t text;
};
_Static_assert(sizeof(struct plan_link) == 8, "plan_link");

/* A path that was not there, or a directory; see `pathKinds`. */
struct plan_path {
	uint32_t path;
	uint32_t kind;
};
_Static_assert(sizeof(struct plan_path) == 8, "plan_path");

/* What the cache of ld.so has for a name: the same digest. */
struct plan_cached {
	uint64_t digest;
	uint32_t name;
	uint32_t reserved;
};
_Static_assert(sizeof(struct plan_cached) == 16, "plan_cached");

/* A variable of linkers, NAME=VALUE: these are set, and no other one. */
struct plan_variable {
	uint32_t text;
	uint32_t reserved;
};
_Static_assert(sizeof(struct plan_variable) == 8, "plan_variable");

/* A system call that must have the same result, and write nothing but zero. */
struct plan_call {
	uint64_t argument;
	int64_t result;
	uint32_t number;
	uint32_t reserved;
};
_Static_assert(sizeof(struct plan_call) == 24, "plan_call");

/* An auxiliary vector value that must be the same. */
struct plan_auxiliary {
	uint64_t type;
	uint64_t value;
};
_Static_assert(sizeof(struct plan_auxiliary) == 16, "plan_auxiliary");

/* What the processor must answer, register by register. */
struct plan_cpuid {
	uint32_t leaf;
	uint32_t subleaf;
	uint32_t eax;
	uint32_t ebx;
	uint32_t ecx;
	uint32_t edx;
};
_Static_assert(sizeof(struct plan_cpuid) == 24, "plan_cpuid");

/* A word that each process has for itself. */
struct plan_word {
	uint64_t address;
	int64_t addend;
	uint32_t source;
	uint32_t width;
	uint32_t type;
	uint32_t region;
};
_Static_assert(sizeof(struct plan_word) == 32, "plan_word");

/* The head of an image file. */
struct plan {
	uint64_t magic;
	uint32_t version;
	uint32_t header_size;
	uint64_t checksum;
	uint64_t file_size;
	uint64_t tables_size;
	uint64_t head_size;
	uint64_t plan_address;
	uint64_t loader_address;
	uint64_t loader_offset;
	uint64_t loader_size;
	uint64_t handoff;
	uint64_t rax;
	uint64_t heap_offset;
	uint64_t heap_size;
	uint64_t code_start;
	uint64_t code_end;
	uint64_t data_start;
	uint64_t data_end;
	uint64_t memory_end;
	uint64_t program_headers;
	uint64_t program_header_count;
	uint64_t linker_base;
	uint64_t entry;
	uint64_t xcr0;
	uint64_t least_stack_limit;
	uint64_t fixes_offset;
	uint64_t fixes_size;
	uint64_t fixes_checksum;
	uint64_t opened_size;
	uint64_t digests_offset;
	uint64_t digests_size;
	uint32_t handoff_region;
	uint32_t rax_region;
	uint32_t executable_region;
	uint32_t linker_region;
	uint32_t heap_region;
	uint32_t flags;
	uint32_t place_count;
	uint32_t places_path;
	uint32_t program_path;
	uint32_t invocation_path;
	uint32_t interpreter_path;
	uint32_t command_name;
	uint32_t platform;
	uint32_t vdso_notes;
	uint32_t vdso_notes_size;
	uint32_t cache_path;
	uint32_t backings_offset;
	uint32_t backings_count;
	uint32_t steps_offset;
	uint32_t steps_count;
	uint32_t regions_offset;
	uint32_t regions_count;
	uint32_t prefaults_offset;
	uint32_t prefaults_count;
	uint32_t seals_offset;
	uint32_t seals_count;
	uint32_t fix_ranges_offset;
	uint32_t fix_ranges_count;
	uint32_t actions_offset;
	uint32_t actions_count;
	uint32_t files_offset;
	uint32_t files_count;
	uint32_t links_offset;
	uint32_t links_count;
	uint32_t paths_offset;
	uint32_t paths_count;
	uint32_t cached_offset;
	uint32_t cached_count;
	uint32_t variables_offset;
	uint32_t variables_count;
	uint32_t calls_offset;
	uint32_t calls_count;
	uint32_t auxiliary_offset;
	uint32_t auxiliary_count;
	uint32_t cpuid_offset;
	uint32_t cpuid_count;
	uint32_t words_offset;
	uint32_t words_count;
};
_Static_assert(sizeof(struct plan) == 440, "plan");

/* Follows the loader in a launcher. */
struct launcher {
	uint64_t magic;
	uint64_t own_checksum;
	uint32_t version;
	uint32_t flags;
	uint32_t program_path;
	uint32_t interpreter_path;
	uint32_t invocation_path;
	uint32_t own_name;
	uint32_t size;
	uint32_t forms_count;
	uint32_t covered;
	uint32_t watched_function;
	uint32_t watched_probe;
	uint32_t count_path;
};
_Static_assert(sizeof(struct launcher) == 64, "launcher");

/* An image that a launcher may start. */
struct launcher_form {
	uint64_t variables;
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t mtime_seconds;
	int64_t ctime_seconds;
	uint32_t mtime_nanoseconds;
	uint32_t ctime_nanoseconds;
	uint64_t plan_address;
	uint64_t tables_size;
	uint64_t head_size;
	uint64_t checksum;
	uint64_t digest_0;
	uint64_t digest_1;
	uint64_t digest_2;
	uint64_t digest_3;
	uint32_t path;
	uint32_t reserved;
};
_Static_assert(sizeof(struct launcher_form) == 128, "launcher_form");

/* The content of a file that was read or is mapped. */
struct plan_digest {
	uint64_t digest_0;
	uint64_t digest_1;
	uint64_t digest_2;
	uint64_t digest_3;
};
_Static_assert(sizeof(struct plan_digest) == 32, "plan_digest");

/* The head of a file of settled identities. */
struct settled_head {
	uint64_t magic;
	uint64_t checksum;
	uint32_t version;
	uint32_t rows_count;
};
_Static_assert(sizeof(struct settled_head) == 24, "settled_head");

/* A file as this mount shows it. */
struct settled_file {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t mtime_seconds;
	int64_t ctime_seconds;
	uint32_t mtime_nanoseconds;
	uint32_t ctime_nanoseconds;
};
_Static_assert(sizeof(struct settled_file) == 48, "settled_file");

/* The head of a file in which hand-overs are counted. */
struct hand_over_count {
	uint64_t magic;
	uint64_t count;
	int64_t seconds;
	uint32_t nanoseconds;
	uint32_t version;
};
_Static_assert(sizeof(struct hand_over_count) == 32, "hand_over_count");

/* What a process of the program knows of the modules that it opens. */
struct opened_head {
	uint64_t checksum;
	uint64_t debug;
	uint64_t plan;
	uint32_t first_maps;
	uint32_t owner;
	uint32_t modules_offset;
	uint32_t modules_count;
	uint32_t files_offset;
	uint32_t files_count;
	uint32_t pieces_offset;
	uint32_t pieces_count;
	uint32_t edits_offset;
	uint32_t edits_count;
	uint32_t relocations_offset;
	uint32_t status_call;
};
_Static_assert(sizeof(struct opened_head) == 72, "opened_head");

/* A module that comes to its range when it is opened. By address. */
struct opened_module {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t mtime_seconds;
	int64_t ctime_seconds;
	uint32_t mtime_nanoseconds;
	uint32_t ctime_nanoseconds;
	uint64_t address;
	uint64_t length;
	uint64_t load_bias;
	uint64_t dynamic;
	uint64_t reserved_length;
	uint64_t applied;
	uint32_t first_piece;
	uint32_t pieces_count;
	uint32_t first_edit;
	uint32_t edits_count;
	uint32_t path;
	uint32_t relocations_size;
};
_Static_assert(sizeof(struct opened_module) == 120, "opened_module");

/* What pieces are mapped from. The image itself has no inode here. */
struct opened_file {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t mtime_seconds;
	int64_t ctime_seconds;
	uint32_t mtime_nanoseconds;
	uint32_t ctime_nanoseconds;
	uint32_t path;
	uint32_t reserved;
};
_Static_assert(sizeof(struct opened_file) == 56, "opened_file");

/* Pages of a writable segment, relocated. */
struct opened_piece {
	uint64_t address;
	uint64_t length;
	uint64_t offset;
	uint32_t file;
	uint32_t reserved;
};
_Static_assert(sizeof(struct opened_piece) == 32, "opened_piece");

/* What a word has where the module is not prepared, once ld.so has read the dynamic section. */
struct opened_edit {
	uint64_t address;
	uint64_t value;
};
_Static_assert(sizeof(struct opened_edit) == 16, "opened_edit");
