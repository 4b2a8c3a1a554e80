/* dlopen of our own plug-ins: lazy with a symbol that nobody has, now, again after closing; dlsym, dladdr, dlerror. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int host_calls;

int host(const char *from) {
  printf("host called from %s\n", from);
  return ++host_calls;
}

static const char *base(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static const char *says(const char *name) {
  const char *message = dlerror();
  return message && strstr(message, name) ? "said so" : "said something else";
}

static void use(void *plugin) {
  int (*work)(int) = (int (*)(int))dlsym(plugin, "work");
  printf("work: %d\n", work(20));
  Dl_info information;
  if (dladdr((void *)work, &information)) printf("dladdr: %s in %s\n", information.dli_sname, base(information.dli_fname));
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  for (int i = 0; i < 2; i++) {
    void *plugin = dlopen(argv[1], RTLD_LAZY);
    if (!plugin) return puts(dlerror()), 1;
    use(plugin);
    printf("again the same: %d\n", dlopen(argv[1], RTLD_LAZY) == plugin);
    void *unknown = dlsym(plugin, "unknown");
    printf("unknown: %d, %s\n", unknown == NULL, says("unknown"));
    dlclose(plugin);
    dlclose(plugin);
  }
  void *plugin = dlopen(argv[2], RTLD_LAZY);
  printf("lazy with an undefined symbol: %s\n", plugin ? "open" : dlerror());
  if (plugin) use(plugin);
  if (plugin) dlclose(plugin);
  void *now = dlopen(argv[2], RTLD_NOW);
  printf("now with an undefined symbol: %s\n", now ? "open" : says("nobody"));
  Dl_info information;
  printf("host by RTLD_DEFAULT: %d\n", dlsym(RTLD_DEFAULT, "host") == (void *)host);
  printf("main by dladdr: %d\n", dladdr((void *)main, &information) && strcmp(base(information.dli_fname), base(argv[0])) == 0);
  void *self = dlopen(NULL, RTLD_LAZY);
  printf("host by dlopen(NULL): %d, calls %d\n", dlsym(self, "host") == (void *)host, host_calls);
  return 0;
}
