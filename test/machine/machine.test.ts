/** What is known of the machine, held against the headers of the system: a C compiler is the judge. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { machine } from '../../src/machine/names.ts';
import { debugRegisterOffset, registerNames } from '../../src/machine/registers.ts';
import { R_X86_64 } from '../../src/machine/relocations.ts';
import { archPrctl, systemCall } from '../../src/machine/system-calls.ts';

const headers = [
  'stddef.h', 'stdio.h', 'elf.h', 'sys/user.h', 'sys/syscall.h', 'asm/prctl.h',
]; // prettier-ignore

/** The values of C expressions. */
function compiled(expressions: readonly string[]): number[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-machine-'));
  try {
    const [source, program] = [path.join(folder, 'values.c'), path.join(folder, 'values')];
    const includes = headers.map((name) => `#include <${name}>\n`).join('');
    const prints = expressions.map((each) => `  printf("%ld\\n", (long)(${each}));\n`).join('');
    writeFileSync(source, `${includes}int main(void) {\n${prints}  return 0;\n}\n`);
    execFileSync('cc', ['-o', program, source]);
    return execFileSync(program, { encoding: 'utf8' }).trim().split('\n').map(Number);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `setTidAddress` → `set_tid_address`. */
const kernelsName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

test('numbers of system calls', () => {
  const names = Object.keys(systemCall).map((name) => `SYS_${kernelsName(name)}`);
  expect(compiled(names)).toEqual(Object.values(systemCall));
});

test('registers', () => {
  const places = registerNames.map((name) => `offsetof(struct user_regs_struct, ${name}) / 8`);
  const size = 'sizeof(struct user_regs_struct) / 8';
  expect(compiled([...places, size])).toEqual([...registerNames.keys(), registerNames.length]);
  expect(compiled(['offsetof(struct user, u_debugreg[7])'])).toEqual([debugRegisterOffset(7)]);
});

test('relocation types', () => {
  const types = Object.entries(R_X86_64);
  expect(compiled(types.map(([name]) => `R_X86_64_${name}`))).toEqual(types.map(([, type]) => type));
});

test('names', () => {
  expect(compiled(['EM_X86_64', 'ARCH_SET_FS'])).toEqual([machine.elf, Number(archPrctl.setThreadPointer)]);
});
