/*
 * Does what its arguments say, one after another, and prints what it sees: `open:a:FILE:FLAGS`, `report:a`, `close:a`, … A test
 * arranges by them whatever may happen between two calls of dlopen.
 */
#include "see.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifdef HOST_DEFINES
const char *one(void);
const char *one(void) { return "one of the host"; }
#endif
#ifdef HOST_CHOOSES
static int chosen_by_host(int value) { return value + 1000; }
static int (*choose_by_host(void))(int) { return chosen_by_host; }
int host_choice(int value) __attribute__((ifunc("choose_by_host")));
#endif
#ifdef HOST_COPIES
extern int counted;
#endif
#ifdef HOST_IS_MOODY
extern int mood, asked;
int choose_by_mood(void), plain_answer(void);
#endif

enum { most = 8 };
static void *handles[128];

static int flags_of(const char *letters) {
  int flags = strchr(letters, 'n') ? RTLD_NOW : RTLD_LAZY;
  if (strchr(letters, 'g')) flags |= RTLD_GLOBAL;
  if (strchr(letters, 'd')) flags |= RTLD_DEEPBIND;
  if (strchr(letters, 'o')) flags |= RTLD_NOLOAD;
  if (strchr(letters, 'k')) flags |= RTLD_NODELETE;
  return flags;
}

static void *handle(const char *letter) { return *letter == '-' ? RTLD_DEFAULT : handles[*letter & 127]; }

static void open_one(char **words) {
  int flags = flags_of(words[3]);
  void *opened = flags & RTLD_NOLOAD ? dlopen(words[2], flags) : open_plugin(words[2], flags);
  handles[*words[1] & 127] = opened;
  if (flags & RTLD_NOLOAD) printf("%s is %s\n", base(words[2]), opened ? "there" : "not there");
}

static void open_apart(char **words) {
  void *opened = dlmopen(LM_ID_NEWLM, words[2], flags_of(words[3]));
  Lmid_t space = LM_ID_BASE;
  handles[*words[1] & 127] = opened;
  if (!opened) printf("not open apart: %s\n", dlerror());
  else if (dlinfo(opened, RTLD_DI_LMID, &space) == 0) printf("namespace %ld\n", (long)space);
}

static void close_one(char **words) {
  void *opened = handle(words[1]);
  printf("close: %d\n", opened ? dlclose(opened) : -1);
}

static void call(char **words) {
  int (*function)(void) = (int (*)(void))dlsym(handle(words[1]), words[2]);
  if (!function) printf("no function: %s\n", dlerror());
  else printf("%s: %d\n", words[2], function());
}

static void report(char **words) {
  int (*function)(void) = (int (*)(void))dlsym(handle(words[1]), "report");
  if (!function) printf("no report: %s\n", dlerror());
  else function();
}

static void symbol(char **words) {
  void *found = words[3] ? dlvsym(handle(words[1]), words[2], words[3]) : dlsym(handle(words[1]), words[2]);
  if (found) see(words[2], found);
  else printf("no symbol: %s\n", dlerror());
}

static void same(char **words) {
  printf("%s and %s are %s\n", words[1], words[2], handle(words[1]) == handle(words[2]) ? "the same" : "two");
}

static int print_module(struct dl_phdr_info *module, size_t size, void *unused) {
  (void)size, (void)unused;
  size_t tls = 0;
  for (int i = 0; i < module->dlpi_phnum; i++)
    if (module->dlpi_phdr[i].p_type == PT_TLS) tls = module->dlpi_phdr[i].p_memsz;
  printf(" '%s' %d headers, %llu added, %llu removed, TLS %zu of %zu bytes, data %d\n", base(module->dlpi_name),
         module->dlpi_phnum, module->dlpi_adds, module->dlpi_subs, module->dlpi_tls_modid, tls,
         module->dlpi_tls_data != NULL);
  return 0;
}

static const struct r_debug *debug_from_dynamic(void) {
  for (const ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++)
    if (entry->d_tag == DT_DEBUG) return (const struct r_debug *)entry->d_un.d_ptr;
  return NULL;
}

static void lists(char **words) {
  struct link_map *map;
  const struct r_debug *debug = debug_from_dynamic();
  (void)words;
  puts("modules:");
  dl_iterate_phdr(print_module, NULL);
  printf("link maps, state %d:", debug->r_state);
  for (map = debug->r_map; map; map = map->l_next) printf(" %s", base(map->l_name));
  puts("");
}

static void information(char **words) {
  void *one = handle(words[1]);
  struct link_map *map;
  char origin[4096];
  size_t module;
  Dl_serinfo size, *paths;
  if (dlinfo(one, RTLD_DI_LINKMAP, &map) || dlinfo(one, RTLD_DI_ORIGIN, origin)) return (void)puts(dlerror());
  printf("%s in %s\n", map->l_name, origin);
  Dl_info found;
  for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
    if (entry->d_tag == DT_STRTAB && dladdr((void *)entry->d_un.d_ptr, &found))
      printf("its names are in %s\n", base(found.dli_fname));
  if (dlinfo(one, RTLD_DI_TLS_MODID, &module) == 0) printf("TLS module %zu\n", module);
  dlinfo(one, RTLD_DI_SERINFOSIZE, &size);
  paths = malloc(size.dls_size);
  *paths = size;
  dlinfo(one, RTLD_DI_SERINFO, paths);
  for (unsigned i = 0; i < paths->dls_cnt; i++) printf(" searches %s\n", paths->dls_serpath[i].dls_name);
  free(paths);
}

/* Protections of a module's pages, mappings of the same kind that follow each other taken together. */
static void protections(char **words) {
  struct link_map *map;
  char line[4500], kind[5], before[5] = "";
  unsigned long start, end, last = 0;
  if (dlinfo(handle(words[1]), RTLD_DI_LINKMAP, &map)) return;
  const struct place place = place_of(map);
  FILE *maps = fopen("/proc/self/maps", "re");
  while (maps && fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%lx-%lx %4s", &start, &end, kind) != 3 || start < place.start || start >= place.end) continue;
    if (last != start || strcmp(kind, before) != 0) printf(" 0x%lx %s\n", start - place.start, kind);
    /* What is not the module's may follow it in one mapping. */
    last = end < place.end ? end : place.end, strcpy(before, kind);
  }
  if (maps) fclose(maps);
  printf(" 0x%lx\n", last - place.start);
}

static void where(char **words) {
  struct link_map *map;
  if (dlinfo(handle(words[1]), RTLD_DI_LINKMAP, &map) == 0) printf("at 0x%lx\n", (unsigned long)map->l_addr);
}

static void rename_file(char **words) { printf("rename: %d\n", rename(words[1], words[2])); }
static void unlink_file(char **words) { printf("unlink: %d\n", unlink(words[1])); }
static void link_file(char **words) { printf("link: %d\n", symlink(words[1], words[2])); }

/* In place: the file keeps its inode. */
static void overwrite(char **words) {
  static char bytes[1 << 20];
  int from = open(words[1], O_RDONLY), to = open(words[2], O_WRONLY | O_TRUNC);
  ssize_t length = read(from, bytes, sizeof bytes);
  printf("overwrite: %d\n", write(to, bytes, (size_t)length) == length);
  close(from), close(to);
}

static void take(char **words) {
  void *wanted = (void *)strtoul(words[1], NULL, 16);
  size_t size = strtoul(words[2], NULL, 16);
  void *got = mmap(wanted, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  printf("take: %d\n", got == wanted);
}

static void descriptors(char **words) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  int lowest = dup(1);
  close(lowest);
  limit.rlim_cur = words[1] ? strtoul(words[1], NULL, 10) : (rlim_t)lowest;
  printf("descriptors: %d\n", setrlimit(RLIMIT_NOFILE, &limit));
}

/* No more address space than there is, or all again. */
static void memory(char **words) {
  struct rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = strcmp(words[1], "none") == 0 ? 4096 : limit.rlim_max;
  printf("memory: %d\n", setrlimit(RLIMIT_AS, &limit));
}

/* Says of each limit a little above the address space in use how an open ended; nothing is half. */
static void squeeze(char **words) {
  struct rlimit before, limit;
  unsigned long pages = 0, good = 0, bad = 0, wrong = 0;
  getrlimit(RLIMIT_AS, &before);
  FILE *sizes = fopen("/proc/self/statm", "re");
  if (!sizes || fscanf(sizes, "%lu", &pages) != 1) return;
  fclose(sizes);
  for (unsigned long more = 0; more < 1400; more++) {
    limit = before, limit.rlim_cur = (pages + more) * 4096;
    setrlimit(RLIMIT_AS, &limit);
    void *opened = dlopen(words[1], flags_of(words[2]));
    setrlimit(RLIMIT_AS, &before);
    int (*function)(void) = opened ? (int (*)(void))dlsym(opened, "answer") : NULL;
    good += function != NULL, bad += !opened, wrong += function && function() != 42;
    if (opened) dlclose(opened);
    else dlerror();
  }
  printf("squeeze: %d opened, %d not, %lu wrong\n", good > 0, bad > 0, wrong);
}

static void become(char **words) { printf("user: %d\n", setuid((uid_t)strtoul(words[1], NULL, 10))); }

/* What ld.so's dlopen calls, what the C library's printf, malloc and exit do, and nothing else. */
static void filter(char **words) {
  static const int permitted[] = {SYS_openat, SYS_read,  SYS_pread64, SYS_newfstatat, SYS_mmap, SYS_mprotect,
                                  SYS_munmap, SYS_close, SYS_brk,     SYS_futex,      SYS_write, SYS_exit,
                                  SYS_exit_group, SYS_getcwd};
  enum { count = sizeof permitted / sizeof *permitted };
  struct sock_filter code[3 + 2 * count] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
  int length = 1;
  for (int i = 0; i < count; i++) {
    code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)permitted[i], 0, 1);
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  int is_deadly = strcmp(words[1], "kill") == 0;
  code[length++] = (struct sock_filter)BPF_STMT(
      BPF_RET | BPF_K, is_deadly ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | (unsigned)EPERM);
  struct sock_fprog program = {(unsigned short)length, code};
  /* The C library's own first calls of malloc and printf ask for more. */
  puts("filtered from here on"), fflush(stdout);
  int failed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  printf("filter: %d\n", failed);
}

static void change_root(char **words) {
  int failed = chroot(words[1]);
  if (!failed) failed = chdir("/");
  printf("chroot: %d\n", failed);
}

static void change_folder(char **words) { printf("folder: %d\n", chdir(words[1])); }

/* What follows is done by a child, and then by its parent. */
static void fork_here(char **words) {
  int status = 0;
  (void)words;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) return (void)puts("child:");
  waitpid(child, &status, 0);
  printf("parent: child ended with %d\n", status);
}

static void vfork_here(char **words) {
  int status = 0;
  fflush(stdout);
  pid_t child = vfork();
  if (child == 0) {
    execl("/bin/echo", "echo", words[1], (char *)NULL);
    _exit(7);
  }
  waitpid(child, &status, 0);
  printf("vfork: %d\n", status);
}

static int count_maps(void) {
  int count = 0, each;
  FILE *maps = fopen("/proc/self/maps", "re");
  while (maps && (each = fgetc(maps)) != EOF) count += each == '\n';
  if (maps) fclose(maps);
  return count;
}

/* Opens and closes so many times; the first hundred may leave something to be kept. */
static void loop(char **words) {
  int times = atoi(words[1]), early = 0, failed = 0;
  for (int i = 0; i < times; i++) {
    void *opened = dlopen(words[2], flags_of(words[3]));
    int (*function)(void) = opened ? (int (*)(void))dlsym(opened, "answer") : NULL;
    failed += !function || function() != 42 || dlclose(opened);
    if (i == 99) early = count_maps();
  }
  printf("%d times, %d failed, %d mappings more\n", times, failed, count_maps() - early);
}

static const struct {
  const char *name;
  void (*run)(char **words);
} commands[] = {
    {"open", open_one},         {"apart", open_apart}, {"close", close_one},     {"report", report},
    {"call", call},             {"symbol", symbol},    {"same", same},           {"lists", lists},
    {"information", information}, {"protections", protections}, {"where", where}, {"rename", rename_file},
    {"unlink", unlink_file},    {"link", link_file},   {"overwrite", overwrite}, {"take", take},
    {"descriptors", descriptors}, {"filter", filter},  {"chroot", change_root},  {"folder", change_folder},
    {"fork", fork_here},        {"memory", memory}, {"user", become}, {"squeeze", squeeze}, {"vfork", vfork_here}, {"loop", loop},
};

#ifdef EARLY
/* Before main, and after it. */
__attribute__((constructor)) static void start(void) {
  char *words[] = {"open", "e", EARLY, "l"};
  open_one(words), report(words);
}
__attribute__((destructor)) static void end(void) {
  char *words[] = {"open", "e", EARLY, "n"};
  open_one(words), report(words);
}
#endif

int main(int argc, char **argv) {
#ifdef HOST_IS_MOODY
  mood = 2;
  printf("asked %d, plain %d\n", asked, plain_answer());
  see("plain", (const void *)plain_answer);
#endif
#ifdef HOST_COPIES
  printf("the host counts %d, environment %d\n", ++counted, environ != NULL);
#endif
  for (int i = 1; i < argc; i++) {
    char *words[most] = {NULL}, *rest = NULL;
    int count = 0;
    for (char *word = strtok_r(argv[i], ":", &rest); word && count < most - 1; word = strtok_r(NULL, ":", &rest))
      words[count++] = word;
    for (size_t each = 0; each < sizeof commands / sizeof *commands; each++)
      if (strcmp(words[0], commands[each].name) == 0) commands[each].run(words);
    fflush(stdout);
  }
  return 0;
}
