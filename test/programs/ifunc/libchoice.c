/* The resolver runs while the linker relocates: it may use no other function of the program. */
static int plain(int number) { return number + 1; }
static int with_avx2(int number) { return number + 1; }

static int (*resolve(void))(int) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") ? with_avx2 : plain;
}

int choose_library(int number) __attribute__((ifunc("resolve")));

static int (*const table[])(int) = {choose_library, choose_library};
int same_in_library(int (*function)(int)) { return table[0] == table[1] && table[1] == function; }

static int hidden_plain(int number) { return number * 2; }
static int (*resolve_hidden(void))(int) { return hidden_plain; }
__attribute__((visibility("hidden"))) int choose_hidden(int number);
int choose_hidden(int number) __attribute__((ifunc("resolve_hidden")));
int call_hidden(int number) { return choose_hidden(number); }
