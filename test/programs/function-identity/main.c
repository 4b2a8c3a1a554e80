/* A function has one address in all modules: in the one that defines it, in another library, and in the program. */
#include <stdio.h>
#include <stdlib.h>

typedef int (*function)(int);
int defined_in_one(int x);
int defined_in_other(int x);
function one_takes(int which);
function other_takes(int which);
int one_calls(function, int x);
int other_calls(function, int x);

static function table[] = {defined_in_one, defined_in_other, abs};

int main(void) {
  for (int i = 0; i < 3; i++) {
    function volatile taken = i == 0 ? defined_in_one : i == 1 ? defined_in_other : abs;
    printf("%d: %d %d %d\n", i, taken == table[i], taken == one_takes(i), taken == other_takes(i));
    printf("%d %d %d %d\n", taken(-20), one_calls(taken, -20), other_calls(one_takes(i), -20),
           one_calls(other_takes(i), -20));
  }
  printf("%d %d\n", defined_in_one(3), defined_in_other(4));
  return 0;
}
