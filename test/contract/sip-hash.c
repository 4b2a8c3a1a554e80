/* The loader's SipHash of the message 00 01 … 07 by the key 00 01 … 0f, in hexadecimal. */
#include "break.h"
#include "collision.h"

extern const char loader_begin[], loader_end[];

void _start(void) {
  const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  say_number(sip_hash(key, 0x0706050403020100));
  call1(__NR_exit_group, 0);
}
