/* The list of modules that debuggers read: _r_debug and the link maps. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

static const char *base(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static const struct r_debug *debug_from_dynamic(void) {
  for (const ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++)
    if (entry->d_tag == DT_DEBUG) return (const struct r_debug *)entry->d_un.d_ptr;
  return NULL;
}

int main(void) {
  const struct r_debug *debug = debug_from_dynamic();
  if (!debug) return puts("no DT_DEBUG"), 1;
  printf("version at least 1: %d, state %d\n", debug->r_version >= 1, debug->r_state);
  printf("the linker's base: %d\n", debug->r_ldbase == getauxval(AT_BASE));
  const struct link_map *before = NULL;
  for (const struct link_map *map = debug->r_map; map; before = map, map = map->l_next) {
    printf("'%s', linked back %d, dynamic table %d\n", base(map->l_name), map->l_prev == before, map->l_ld != NULL);
  }
  printf("the first is this program: %d\n", debug->r_map->l_ld == _DYNAMIC);
  struct link_map *own;
  void *self = dlopen(NULL, RTLD_NOW);
  printf("dlinfo: %d\n", dlinfo(self, RTLD_DI_LINKMAP, &own) == 0 && own == debug->r_map);
  return 0;
}
