/* What a program sees of itself: arguments, environment, auxiliary vector, /proc/self. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

extern char **environ;
extern const ElfW(Ehdr) __ehdr_start;
void _start(void);

static void print_file(const char *path) {
  char text[4096];
  FILE *file = fopen(path, "r");
  size_t length = file ? fread(text, 1, sizeof text, file) : 0;
  for (size_t i = 0; i < length; i++)
    if (text[i] == '\0') text[i] = '|';
  printf("%s: %.*s\n", path, (int)length, text);
  if (file) fclose(file);
}

static int has_base(struct dl_phdr_info *module, size_t size, void *base) {
  (void)size;
  return module->dlpi_addr == (ElfW(Addr))base && strstr(module->dlpi_name, "ld-") != NULL;
}

static void print_auxiliary_vector(void) {
  const char *headers = (const char *)&__ehdr_start + __ehdr_start.e_phoff;
  printf("AT_EXECFN %s\n", (char *)getauxval(AT_EXECFN));
  printf("AT_PHDR %d, AT_PHNUM %d, AT_ENTRY %d\n", (char *)getauxval(AT_PHDR) == headers,
         getauxval(AT_PHNUM) == __ehdr_start.e_phnum, getauxval(AT_ENTRY) == (unsigned long)_start);
  printf("AT_BASE %d\n", dl_iterate_phdr(has_base, (void *)getauxval(AT_BASE)));
  printf("AT_SECURE %lu, AT_PAGESZ %lu, AT_PLATFORM %s\n", getauxval(AT_SECURE), getauxval(AT_PAGESZ),
         (char *)getauxval(AT_PLATFORM));
  printf("AT_RANDOM %d, AT_SYSINFO_EHDR %d\n", getauxval(AT_RANDOM) != 0,
         memcmp((void *)getauxval(AT_SYSINFO_EHDR), ELFMAG, SELFMAG) == 0);
}

static void print_environment(void) {
  int count = 0;
  while (environ[count]) count++;
  printf("%d variables, the first '%s', GREETING '%s'\n", count, environ[0], getenv("GREETING"));
  setenv("GREETING", "changed", 1);
  setenv("ANOTHER", "variable", 1);
  unsetenv("PATH");
  printf("GREETING '%s', ANOTHER '%s', PATH %d\n", getenv("GREETING"), getenv("ANOTHER"), getenv("PATH") != NULL);
  clearenv();
  printf("cleared %d\n", environ == NULL || *environ == NULL);
}

static void print_links(void) {
  char path[4096] = "", name[17] = "";
  if (readlink("/proc/self/exe", path, sizeof path - 1) < 0) perror("readlink");
  printf("/proc/self/exe: %s\n", path);
  prctl(PR_GET_NAME, name);
  printf("PR_GET_NAME: %s\n", name);
}

int main(int argc, char **argv) {
  printf("%d arguments:", argc);
  for (int i = 0; i < argc; i++) printf(" '%s'", argv[i]);
  printf(", ends %d, environ behind %d\n", argv[argc] == NULL, environ == argv + argc + 1);
  printf("program_invocation_name %s, short %s\n", program_invocation_name, program_invocation_short_name);
  print_auxiliary_vector();
  print_links();
  print_file("/proc/self/comm");
  print_file("/proc/self/cmdline");
  print_environment();
  return 0;
}
