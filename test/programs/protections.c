/*
 * What the mappings of every module permit: those of its program headers, with RELRO read-only, and nothing writable
 * and executable. The module's headers are the judge, /proc/self/maps the witness.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mapping {
  unsigned long start, end;
  char permissions[5];
};
static struct mapping mappings[5000];
static int count, writable_and_executable;

static void read_mappings(void) {
  FILE *file = fopen("/proc/self/maps", "r");
  char line[4500];
  while (fgets(line, sizeof line, file)) {
    struct mapping *mapping = &mappings[count++];
    if (sscanf(line, "%lx-%lx %4s", &mapping->start, &mapping->end, mapping->permissions) != 3) exit(1);
    if (mapping->permissions[1] == 'w' && mapping->permissions[2] == 'x') writable_and_executable++;
  }
  fclose(file);
}

static const char *permissions(unsigned long address) {
  for (int i = 0; i < count; i++)
    if (address >= mappings[i].start && address < mappings[i].end) return mappings[i].permissions;
  return "none";
}

/* The permissions of all pages from start to end, '?' where they differ. */
static void print_range(const char *what, unsigned long start, unsigned long end) {
  const char *first = permissions(start);
  int same = 1;
  for (unsigned long page = start; page < end; page += 4096) same &= strcmp(permissions(page), first) == 0;
  printf("  %s: %s%s\n", what, first, same ? "" : ", and others");
}

static int print_module(struct dl_phdr_info *module, size_t size, void *data) {
  (void)size, (void)data;
  const char *slash = strrchr(module->dlpi_name, '/');
  printf("%s\n", slash ? slash + 1 : module->dlpi_name);
  unsigned long relro_start = 0, relro_end = 0;
  for (int i = 0; i < module->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
    if (segment->p_type != PT_GNU_RELRO) continue;
    relro_start = (module->dlpi_addr + segment->p_vaddr) & -4096UL;
    relro_end = (module->dlpi_addr + segment->p_vaddr + segment->p_memsz) & -4096UL;
    print_range("RELRO", relro_start, relro_end);
  }
  for (int i = 0; i < module->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD) continue;
    unsigned long start = (module->dlpi_addr + segment->p_vaddr) & -4096UL;
    unsigned long end = module->dlpi_addr + segment->p_vaddr + segment->p_memsz;
    if (start == relro_start) start = relro_end;
    char what[16];
    snprintf(what, sizeof what, "LOAD %c%c%c", segment->p_flags & PF_R ? 'r' : '-', segment->p_flags & PF_W ? 'w' : '-',
             segment->p_flags & PF_X ? 'x' : '-');
    if (start < end) print_range(what, start, end);
  }
  return 0;
}

int main(void) {
  read_mappings();
  dl_iterate_phdr(print_module, NULL);
  printf("writable and executable: %d\n", writable_and_executable);
  return 0;
}
