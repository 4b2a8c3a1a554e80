/** What tells callers apart, executed: a program calls the code from several functions, each of which is a module to it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '../../src/systems/hash-dispatcher/resolvers.ts';
import { resolverCode, resolverSize } from '../../src/systems/hash-dispatcher/resolvers.ts';
import { runProgram } from '../run-program.ts';
import { compile } from './compile.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-resolvers-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const most = 9;
const numbers = Array.from({ length: most }, (_, index) => index);
/**
 * Callers begin and end at labels; the return address of the last one's call is its end less one byte. Registers and flags go in
 * with values of their own, and a target says what came of them.
 */
const source = `
  #define _GNU_SOURCE
  #include <stdio.h>
  #include <string.h>
  #include <sys/mman.h>
  unsigned long seen_flags, seen_r11, seen_rax;
  ${numbers
    .map(
      (each) => `
  int target${each}(void);
  __asm__(".globl target${each}\\ntarget${each}: pushfq\\npop seen_flags\\nmov %r11, seen_r11\\nmov %rax, seen_rax\\n"
    "mov $${100 + each}, %eax\\nret\\n");`,
    )
    .join('')}
  ${numbers
    .map(
      (each) => `
  int caller${each}(void *code);
  __asm__(".globl caller${each}_start, caller${each}_end\\n.section .text\\n"
    "caller${each}_start: caller${each}: sub $8, %rsp\\nmovabs $0x1122334455667788, %r11\\nmov %r11, %rax\\n"
    "push ${each % 2 === 0 ? '$0xad7' : '$0x202'}\\npopfq\\ncall *%rdi\\nadd $8, %rsp\\nret\\ncaller${each}_end:\\n");`,
    )
    .join('')}
  int main(int argc, char **argv) {
    unsigned char *code = mmap(0, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < strlen(argv[1]) / 2; i++) sscanf(argv[1] + 2 * i, "%2hhx", &code[i]);
    int (*callers[])(void *) = {${numbers.map((each) => `caller${each}`).join(', ')}};
    for (int i = 2; i < argc; i++) {
      int which = argv[i][0] - '0';
      printf("%d", callers[which](code));
      int kept = seen_r11 == 0x1122334455667788 && seen_rax == seen_r11;
      puts(kept && (seen_flags & 0xcd5) == (which % 2 == 0 ? 0x8d5 : 0) ? "" : ", and a register is lost");
      fflush(stdout);
    }
    return 0;
  }`;

let program: string;
let symbols: ReadonlyMap<string, number>;
beforeAll(() => {
  program = compile(folder, { name: 'calls', source, flags: ['-fno-pie', '-no-pie'] });
  const text = execFileSync('nm', [program], { encoding: 'utf8' });
  symbols = new Map(
    [...text.matchAll(/^([0-9a-f]+) \w (\S+)$/gm)].map(([, value = '', name = '']) => [
      name,
      parseInt(value, 16),
    ]),
  );
});

function callers(count: number): Caller[] {
  return numbers.slice(0, count).map((each) => ({
    start: symbols.get(`caller${String(each)}_start`)!,
    end: symbols.get(`caller${String(each)}_end`)!,
    target: symbols.get(`target${String(each)}`)!,
  }));
}

test.each([1, 2, 3, most])('%i callers come to their functions', async (count) => {
  for (const list of [callers(count), callers(count).reverse()]) {
    const code = resolverCode(list);
    expect(code).toHaveLength(resolverSize(count));
    const which = numbers.slice(0, count).map(String);
    expect(await runProgram(program, [code.toString('hex'), ...which])).toMatchObject({
      stdout: which.map((each) => `${String(100 + Number(each))}\n`).join(''),
      status: 0,
    });
  }
});

test('nobody else calls: an undefined instruction', async () => {
  const code = resolverCode(callers(2)).toString('hex');
  expect(await runProgram(program, [code, '1', '2'])).toMatchObject({ stdout: '101\n', signal: 'SIGILL' });
});
