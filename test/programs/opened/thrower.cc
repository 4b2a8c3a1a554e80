// Throws across the borders of modules.
#include "failure.hh"

extern "C" void fail(int code) {
  if (code == 0) throw std::string("a string");
  if (code < 0) (void)std::string("short").at(99);
  throw Failure(code);
}
