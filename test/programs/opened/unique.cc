// Symbols of binding UNIQUE: one variable for all plug-ins that define it, whoever came first.
#include "see.h"

template <class T>
struct Counter {
  static inline int value = START;
  static int next() {
    static int calls = 100;
    return ++calls + value;
  }
};
inline int shared_inline = START;
static int *const pointers[] = {&shared_inline, &Counter<char>::value};

extern "C" int report() {
  ++*pointers[0];
  ++Counter<char>::value;
  printf("inline %d, value %d, next %d\n", shared_inline, *pointers[1], Counter<char>::next());
  see("inline", pointers[0]);
  see("value", &Counter<char>::value);
  return 0;
}
