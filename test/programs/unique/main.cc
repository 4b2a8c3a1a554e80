/* Symbols of binding UNIQUE: one variable in a process, though several modules define it. */
#include <cstdio>

#include "counter.hh"

int main() {
  std::printf("value %d, inline %d\n", left_value() == right_value() && left_value() == &Counter<char>::value,
              left_inline() == right_inline() && left_inline() == &shared_inline);
  left_next();
  right_next();
  std::printf("next %d\n", Counter<char>::next());
  return 0;
}
