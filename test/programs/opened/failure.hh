#pragma once
#include <stdexcept>
#include <string>

// Defined in the plug-in that throws; the one that catches has type information of its own.
struct Failure : std::runtime_error {
  explicit Failure(int code) : std::runtime_error("failure " + std::to_string(code)), code(code) {}
  int code;
};
