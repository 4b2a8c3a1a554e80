/* What the programs of this folder print: modules and offsets in place of addresses, so that two processes can be compared. */
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SOMETIMES static __attribute__((unused))

SOMETIMES const char *base(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Where an address is: module, offset in it, nearest symbol. */
SOMETIMES void see(const char *name, const void *address) {
  Dl_info found;
  if (!address) printf("%s: nothing\n", name);
  else if (!dladdr(address, &found)) printf("%s: in no module\n", name);
  else
    printf("%s: %s+0x%zx, %s+0x%zx\n", name, base(found.dli_fname), (uintptr_t)address - (uintptr_t)found.dli_fbase,
           found.dli_sname ? found.dli_sname : "?",
           found.dli_saddr ? (uintptr_t)address - (uintptr_t)found.dli_saddr : 0);
}

/* Where a module is, and what its file holds of its writable segments. */
struct place {
  const struct link_map *map;
  uintptr_t start, end, writable[8], writable_end[8];
  int count;
};

SOMETIMES int find_place(struct dl_phdr_info *module, size_t size, void *argument) {
  struct place *found = (struct place *)argument;
  (void)size;
  if (module->dlpi_addr != found->map->l_addr || strcmp(module->dlpi_name, found->map->l_name) != 0) return 0;
  for (int i = 0; i < module->dlpi_phnum && found->count < 8; i++) {
    const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD) continue;
    uintptr_t start = (module->dlpi_addr + segment->p_vaddr) & -4096ul;
    if (!found->start) found->start = start;
    found->end = (module->dlpi_addr + segment->p_vaddr + segment->p_memsz + 4095) & -4096ul;
    if (!(segment->p_flags & PF_W) || !segment->p_filesz) continue;
    found->writable[found->count] = start;
    found->writable_end[found->count++] = module->dlpi_addr + segment->p_vaddr + segment->p_filesz;
  }
  return 1;
}

/* In the namespace of the caller; elsewhere nothing is found. */
SOMETIMES struct place place_of(const struct link_map *map) {
  struct place found;
  memset(&found, 0, sizeof found);
  found.map = map;
  dl_iterate_phdr(find_place, &found);
  return found;
}

/* Of the mappings of a module's writable segments: how many are of its own file, and of another. */
SOMETIMES void count_mappings(const struct link_map *map, int *own, int *other) {
  struct place found = place_of(map);
  struct stat file;
  char line[4500];
  *own = *other = 0;
  if (stat(map->l_name, &file)) memset(&file, 0, sizeof file);
  FILE *maps = fopen("/proc/self/maps", "re");
  while (maps && fgets(line, sizeof line, maps)) {
    unsigned long start, end, node;
    unsigned high, low;
    if (sscanf(line, "%lx-%lx %*s %*x %x:%x %lu", &start, &end, &high, &low, &node) != 5 || !node) continue;
    for (int i = 0; i < found.count; i++)
      if (start < found.writable_end[i] && end > found.writable[i]) ++*(node == file.st_ino ? own : other);
  }
  if (maps) fclose(maps);
}

/* Tells the test, in the file that it names, whose pages a module has that was just opened. */
SOMETIMES void tell(void *handle) {
  const char *file = getenv("MODULES_SEEN");
  struct link_map *map;
  int own, other;
  char line[600], *resolved;
  if (!file || dlinfo(handle, RTLD_DI_LINKMAP, &map)) return;
  count_mappings(map, &own, &other);
  resolved = realpath(map->l_name, NULL);
  int length = snprintf(line, sizeof line, "%s %d %d\n", base(resolved ? resolved : map->l_name), own, other);
  free(resolved);
  int output = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (output >= 0) (void)!write(output, line, (size_t)length), close(output);
}

/* dlopen, which says what was wrong. */
SOMETIMES void *open_plugin(const char *file, int flags) {
  void *handle = dlopen(file, flags);
  if (!handle) printf("not open: %s\n", dlerror());
  else tell(handle);
  return handle;
}
