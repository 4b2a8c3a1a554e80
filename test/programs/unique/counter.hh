#pragma once

template <class T>
struct Counter {
  static int value;
  static int next() {
    static int calls = 0;
    return ++calls + value;
  }
};
template <class T>
int Counter<T>::value = 100;
inline int shared_inline = 7;

int *left_value(), *right_value(), left_next(), right_next(), *left_inline(), *right_inline();
