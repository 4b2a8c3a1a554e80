import { execFileSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import { inspectJson } from '../../src/cli/inspect-json.ts';
import { inspectText } from '../../src/cli/inspect-text.ts';
import type { ElfFile } from '../../src/elf/elf-file.ts';
import { readElf } from '../../src/elf/read-elf.ts';
import { compile, everything } from './fixture.ts';

let elf: ElfFile;
beforeAll(() => {
  elf = readElf(compile('inspected', everything, '-shared', '-fPIC', '-Wl,-soname,libeverything.so.1'));
});

test('JSON has everything, and goes there and back', () => {
  const json = JSON.parse(JSON.stringify(inspectJson(elf))) as Record<string, unknown>;
  expect(json).toMatchObject({
    path: elf.path,
    soname: 'libeverything.so.1',
    interpreter: null,
  });
  expect(json.needed).toContain('libc.so.6');
  expect(json.buildId).toBe(
    /Build ID: (\w+)/.exec(execFileSync('readelf', ['-n', elf.path], { encoding: 'utf8' }))![1],
  );
  expect(json.segments).toContainEqual(expect.objectContaining({ type: 'LOAD', address: 0, offset: 0 }));
  expect(json.symbols).toContainEqual(
    expect.objectContaining({ name: 'exported', size: 4, binding: 1, type: 1 }),
  );
  expect(json.relocations).toContainEqual(
    expect.objectContaining({ type: 'R_X86_64_JUMP_SLOT', symbolName: 'printf@GLIBC_2.2.5' }),
  );
  expect(json.plt).toContainEqual(expect.objectContaining({ symbolName: 'free@GLIBC_2.2.5' }));
  expect((json.symbols as unknown[]).length).toBe(elf.symbols.count);
});

test('the text has a line for each fact, without colours in a pipe', () => {
  const text = inspectText(elf);
  expect(text).toContain(`${elf.path}: shared library\n`);
  expect(text).toMatch(/^ {2}soname +libeverything\.so\.1$/m);
  expect(text).toMatch(/^ {2}TLS +\d+ bytes, 4 of them initialised/m);
  expect(text).toMatch(/^ {2}LOAD +r-x {2}0x/m);
});
