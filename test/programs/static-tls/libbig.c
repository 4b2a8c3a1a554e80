#include <string.h>

static _Thread_local char block[64 * 1024] __attribute__((aligned(64), tls_model("initial-exec")));
static _Thread_local int last __attribute__((tls_model("initial-exec"))) = 77;

int check_library(char mark) {
  for (unsigned i = 0; i < sizeof block; i++)
    if (block[i] != 0) return -1;
  memset(block, mark, sizeof block);
  return last + ((unsigned long)block % 64 != 0);
}
