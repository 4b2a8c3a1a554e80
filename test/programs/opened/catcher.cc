// Catches what another plug-in throws, which it opens itself.
#include "see.h"
#include "failure.hh"

namespace {
struct Trace {
  ~Trace() { puts("unwound"); }
};

void try_one(void (*fail)(int), int code) {
  try {
    Trace trace;
    fail(code);
  } catch (const Failure &failure) {
    printf("Failure %d: %s\n", failure.code, failure.what());
  } catch (const std::string &text) {
    printf("string: %s\n", text.c_str());
  } catch (const std::out_of_range &) {
    puts("out of range");
  }
}
}  // namespace

extern "C" int report() {
  void *thrower = open_plugin("thrower.so", RTLD_LAZY);
  if (!thrower) return 1;
  auto fail = reinterpret_cast<void (*)(int)>(dlsym(thrower, "fail"));
  for (int code : {0, 5, -1}) try_one(fail, code);
  printf("closed: %d\n", dlclose(thrower));
  return 0;
}
