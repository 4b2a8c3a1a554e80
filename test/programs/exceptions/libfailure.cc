#include "failure.hh"
#include <string>

Failure::Failure(int code) : std::runtime_error("failure " + std::to_string(code)), code_(code) {}
Failure::~Failure() = default;
Shape::~Shape() = default;

namespace {
struct Circle : Shape {
  const char *name() const override { return "circle"; }
};
}  // namespace

Shape *make_circle() { return new Circle; }

void fail(int code) {
  if (code == 0) throw std::string("a string");
  throw Failure(code);
}

void call(void (*function)(int), int argument) { function(argument); }
