/*
 * linkonce-settle: has launchers run from their images where a mount shows their files with other identities than at bind: in a container's
 * overlay, after a layer was unpacked, on another machine.
 *
 *   linkonce-settle [-v] STORE|LAUNCHER…
 *
 * The digests of all files stand in the images. Where this mount shows the same content, the identities of now are noted in
 * SETTLED_FOLDER, outside of images and launchers, which may be read-only (docs/formats/settled.md). A launcher believes what its own user
 * or root has noted. Nothing else is needed: no Node, no library, no right to trace. A second time, only what changed is read.
 *
 * Ends with 0 where all launchers may start from their images as far as files go, with 1 where one may not, and says why.
 */
#define _GNU_SOURCE
#include "settle-image.h"
#include <dirent.h>
#include <elf.h>
#include <sys/mman.h>

struct bytes {
	const unsigned char *at;
	size_t size;
};

static struct bytes map_file(const char *path)
{
	struct stat status;
	struct bytes bytes = { 0, 0 };
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file >= 0 && fstat(file, &status) == 0) {
		errno = S_ISREG(status.st_mode) && status.st_size ? 0 : ENOEXEC;
		void *at = errno ? MAP_FAILED : mmap(0, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
		if (at != MAP_FAILED)
			bytes = (struct bytes){ at, (size_t)status.st_size };
	}
	int failure = errno;
	if (file >= 0)
		close(file);
	errno = failure;
	return bytes;
}

/* The trailer ends where the file does; its magic may stand in one of its own paths, too. As src/image/launcher-file.ts finds it. */
static const struct launcher *find_trailer(struct bytes file)
{
	for (size_t at = 0; at + sizeof(struct launcher) <= file.size; at += 16) {
		const struct launcher *launcher = (const struct launcher *)(file.at + at);
		if (launcher->magic != LAUNCHER_MAGIC || at + launcher->size != file.size || launcher->size % 8)
			continue;
		if (checksum((const uint64_t *)launcher + 2, launcher->size / 8 - 2) == launcher->own_checksum)
			return launcher;
	}
	return 0;
}

/* PT_INTERP of an ELF file; 0 where it has none that is whole. */
static const char *interpreter_of(struct bytes file)
{
	const Elf64_Ehdr *elf = (const Elf64_Ehdr *)file.at;
	if (file.size < sizeof *elf || memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf->e_phentsize != sizeof(Elf64_Phdr) || elf->e_phoff % 8 || elf->e_phoff > file.size ||
	    elf->e_phnum > (file.size - elf->e_phoff) / sizeof(Elf64_Phdr))
		return 0;
	const Elf64_Phdr *segment = (const Elf64_Phdr *)(file.at + elf->e_phoff);
	for (int i = 0; i < elf->e_phnum; i++, segment++)
		if (segment->p_type == PT_INTERP && segment->p_filesz && segment->p_offset < file.size &&
		    segment->p_filesz <= file.size - segment->p_offset && !file.at[segment->p_offset + segment->p_filesz - 1])
			return (const char *)file.at + segment->p_offset;
	return 0;
}

static int settle_forms(const char *path, const struct launcher *launcher)
{
	const struct launcher_form *form = (const struct launcher_form *)(launcher + 1);
	int all = 1;
	if (launcher->version != PLAN_VERSION) {
		complain(path, "is a launcher of another version of linkonce");
		return 0;
	}
	for (uint32_t i = 0; i < launcher->forms_count; i++, form++)
		all &= settle_image(form, (const char *)launcher + form->path);
	return all;
}

/* A launcher, or a copy of a program whose interpreter is one. */
static int settle_launcher(const char *path)
{
	struct bytes file = map_file(path), loader = { 0, 0 };
	if (!file.at) {
		complain(path, strerror(errno));
		return 0;
	}
	const struct launcher *launcher = find_trailer(file);
	const char *interpreter = launcher ? 0 : interpreter_of(file);
	if (interpreter && (loader = map_file(interpreter)).at)
		launcher = find_trailer(loader);
	int is_settled = launcher && settle_forms(path, launcher);
	if (!launcher)
		complain(path, "is no launcher");
	munmap((void *)file.at, file.size);
	if (loader.at)
		munmap((void *)loader.at, loader.size);
	return is_settled;
}

/* The programs of a store; a link among them leads to a program that is left to the platform's linker. */
static int settle_store(const char *store)
{
	char path[PATH_MAX];
	struct stat status;
	int all = 1;
	snprintf(path, sizeof path, "%s/bin", store);
	DIR *folder = opendir(path);
	if (!folder) {
		complain(store, "there is no store");
		return 0;
	}
	for (struct dirent *entry; (entry = readdir(folder));) {
		snprintf(path, sizeof path, "%s/bin/%s", store, entry->d_name);
		if (lstat(path, &status) == 0 && S_ISREG(status.st_mode))
			all &= settle_launcher(path);
	}
	closedir(folder);
	return all;
}

static int settle(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? settle_store(path) : settle_launcher(path);
}

int main(int argc, char **argv)
{
	int first = 1, all = 1, is_loud = 0;
	if (argc > 1 && strcmp(argv[1], "-v") == 0)
		is_loud = first++;
	if (first >= argc || (argv[first][0] == '-' && strcmp(argv[first], "--") != 0)) {
		fputs("usage: linkonce-settle [-v] STORE|LAUNCHER...\n", stderr);
		return 2;
	}
	first += strcmp(argv[first], "--") == 0;
	for (int i = first; i < argc; i++)
		all &= settle(argv[i]);
	if (is_loud)
		printf("%llu files compared, %llu kB\n", (unsigned long long)files_read, (unsigned long long)(bytes_read / 1000));
	return all ? 0 : 1;
}
