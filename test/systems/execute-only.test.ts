/**
 * What execute-only memory would protect, as docs/safety.md says: a page that may be executed and nothing else can be read all the same where the
 * processor has no protection keys; with keys a piece of code there that has its target in its own instruction can be called and
 * not read, and one that jumps through a word beside it cannot even be called.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runProgram } from '../run-program.ts';
import { compile } from './compile.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-execute-only-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** mprotect(2) with PROT_EXEC alone takes a key with PKEY_DISABLE_ACCESS where there are any (pkeys(7)). */
const source = `
  #include <setjmp.h>
  #include <signal.h>
  #include <stdio.h>
  #include <string.h>
  #include <sys/mman.h>
  static sigjmp_buf back;
  static void fault(int signal) { siglongjmp(back, signal); }
  static long target(void) { return 1; }
  static void try(const char *what, long (*page)(void), int calls) {
    volatile long got = 0;
    if (sigsetjmp(back, 1) == 0) got = calls ? page() : *(volatile unsigned char *)page != 0;
    printf("%s: %s\\n", what, got ? "yes" : "fault");
  }
  int main(void) {
    unsigned char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long address = (long)target;
    /* movabs $target, %r11; jmp *%r11 */
    memcpy(page, "\\x49\\xbb", 2), memcpy(page + 2, &address, 8), memcpy(page + 10, "\\x41\\xff\\xe3", 3);
    /* jmp *2(%rip); .quad target */
    memcpy(page + 16, "\\xff\\x25\\x02\\0\\0\\0\\x66\\x90", 8), memcpy(page + 24, &address, 8);
    signal(SIGSEGV, fault);
    if (mprotect(page, 4096, PROT_EXEC) != 0) return 1;
    try("read", (long (*)(void))page, 0);
    try("call by its own instruction", (long (*)(void))page, 1);
    try("call through a word beside", (long (*)(void))(page + 16), 1);
    return 0;
  }`;

test('an execute-only page can be read, unless the processor has keys', async () => {
  const hasKeys = /^flags\s*:.*\bospke\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  const readable = hasKeys ? 'fault' : 'yes';
  const { stdout, status } = await runProgram(compile(folder, { name: 'page', source }), []);
  expect({ lines: stdout.trimEnd().split('\n'), status }).toEqual({
    lines: [
      `read: ${readable}`,
      'call by its own instruction: yes',
      `call through a word beside: ${readable}`,
    ],
    status: 0,
  });
});
