/* thread_local objects with constructors and destructors, in the main thread and in others; static ones at exit. */
#include <cstdio>
#include <string>
#include <thread>

namespace {
struct Loud {
  std::string name;
  explicit Loud(const char *text) : name(text) { std::printf("%s: made\n", name.c_str()); }
  ~Loud() { std::printf("%s: destroyed\n", name.c_str()); }
};

Loud global("global");
thread_local Loud own("own");

Loud &local() {
  static Loud value("local static");
  return value;
}
}  // namespace

int main() {
  std::printf("main: %s\n", own.name.c_str());
  std::thread([] { std::printf("thread: %s\n", own.name.c_str()); }).join();
  std::printf("%s\n", local().name.c_str());
  return 0;
}
