/* dl_iterate_phdr: names, headers and addresses of all modules are those that are mapped. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static int in_segment(const struct dl_phdr_info *module, ElfW(Addr) address) {
  for (int i = 0; i < module->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
    ElfW(Addr) start = module->dlpi_addr + segment->p_vaddr;
    if (segment->p_type == PT_LOAD && address >= start && address < start + segment->p_memsz) return 1;
  }
  return 0;
}

/* The headers are the ones that the mapped ELF header names. */
static int headers_match(const struct dl_phdr_info *module) {
  for (int i = 0; i < module->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || segment->p_offset != 0) continue;
    const ElfW(Ehdr) *header = (const void *)(module->dlpi_addr + segment->p_vaddr);
    return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_phnum == module->dlpi_phnum &&
           (const char *)header + header->e_phoff == (const char *)module->dlpi_phdr;
  }
  return -1;
}

static int print(struct dl_phdr_info *module, size_t size, void *count) {
  const char *slash = strrchr(module->dlpi_name, '/');
  printf("%d '%s': %d headers, in a segment %d, match %d, TLS module %zu, %llu added, %llu removed, %d\n",
         (*(int *)count)++, slash ? slash + 1 : module->dlpi_name, module->dlpi_phnum,
         in_segment(module, (ElfW(Addr))module->dlpi_phdr), headers_match(module), module->dlpi_tls_modid,
         module->dlpi_adds, module->dlpi_subs, size == sizeof *module);
  return 0;
}

static int holds(struct dl_phdr_info *module, size_t size, void *address) {
  (void)size;
  return in_segment(module, (ElfW(Addr))address) ? module->dlpi_name[0] + 1 : 0;
}

int main(int argc, char **argv) {
  (void)argv;
  int count = 0;
  dl_iterate_phdr(print, &count);
  printf("main is in the program: %d\n", dl_iterate_phdr(holds, (void *)main) == 1);
  printf("cos is in a library: %d\n", dl_iterate_phdr(holds, dlsym(RTLD_DEFAULT, "cos")) == '/' + 1);
  printf("cos(0) = %.1f\n", cos(argc - 1));
  return 0;
}
