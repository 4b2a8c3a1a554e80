#pragma once
#include <stdexcept>

/* Its type information is in the library; catching it here needs one address for it, or one name. */
class Failure : public std::runtime_error {
 public:
  explicit Failure(int code);
  ~Failure() override;
  int code() const { return code_; }

 private:
  int code_;
};

struct Shape {
  virtual ~Shape();
  virtual const char *name() const = 0;
};

Shape *make_circle();
void fail(int code);
void call(void (*function)(int), int argument);
