/* C++ exceptions: out of a library, through a library, between threads, with run-time type information. */
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <typeinfo>

#include "failure.hh"

namespace {
struct Trace {
  const char *name;
  ~Trace() { std::printf("unwinding %s\n", name); }
};

void try_one(int code) {
  Trace trace{"try_one"};
  try {
    Trace inner{"inner"};
    fail(code);
  } catch (const Failure &failure) {
    std::printf("Failure %d: %s\n", failure.code(), failure.what());
  } catch (const std::string &text) {
    std::printf("string: %s\n", text.c_str());
  }
}

void throw_int(int value) { throw value; }

void through_library() {
  try {
    call(throw_int, 17);
  } catch (int value) {
    std::printf("int through the library: %d\n", value);
  }
}

void from_thread() {
  std::exception_ptr caught;
  std::thread thread([&] {
    try {
      fail(3);
    } catch (...) {
      caught = std::current_exception();
    }
  });
  thread.join();
  try {
    std::rethrow_exception(caught);
  } catch (const std::exception &error) {
    std::printf("from a thread: %s, a Failure: %d\n", error.what(), typeid(error) == typeid(Failure));
  }
}
}  // namespace

int main() {
  try_one(1);
  try_one(0);
  through_library();
  from_thread();
  std::unique_ptr<Shape> shape(make_circle());
  std::printf("%s, a Shape: %d\n", shape->name(), dynamic_cast<Shape *>(shape.get()) == shape.get());
  try {
    (void)std::string("short").at(99);
  } catch (const std::out_of_range &) {
    std::puts("out_of_range of libstdc++");
  }
  return 0;
}
