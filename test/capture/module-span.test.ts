/** What ld.so reserves before it maps a module whose segments want more than the alignment of pages: strace(1) is the judge. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { moduleSpan, reservedLength } from '../../src/capture/module-span.ts';
import { readModule } from '../../src/program/read-module.ts';
import { workshop } from '../program/workshop.ts';

const shop = workshop();
const host = shop.program(
  'host',
  '#include <dlfcn.h>\nint main(int n, char **a) { return !dlopen(a[1], RTLD_NOW); }',
);

/** Bytes of the first mapping that is made for the module, and whether it was a reservation without rights. */
function firstMapping(file: string): { readonly bytes: number; readonly isReserved: boolean } | undefined {
  const { status, stderr } = spawnSync('strace', ['-e', 'trace=openat,mmap', host, file], {
    encoding: 'utf8',
  });
  if (status !== 0) return undefined;
  const behind = stderr.slice(stderr.indexOf(`"${file}"`));
  const [, bytes = '', rest = ''] = /^mmap\(NULL, (\d+), (.*)$/m.exec(behind) ?? [];
  return { bytes: Number(bytes), isReserved: rest.startsWith('PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1') };
}

const huge = '-Wl,-z,max-page-size=0x200000';

describe.each([
  ['of pages', 'int x = 1;', [], false],
  ['of 64 KiB, and shorter', 'int x = 1;', ['-Wl,-z,max-page-size=0x10000', '-Wl,-z,noseparate-code'], true],
  ['of 64 KiB, and longer', 'int x[100000] = { 1 };', ['-Wl,-z,max-page-size=0x10000'], true],
  ['of 2 MiB, and shorter', 'int x = 1;', [huge, '-Wl,-z,noseparate-code'], true],
  ['of 2 MiB, and longer', 'int x = 1;', [huge, '-Wl,-z,separate-code'], true],
  ['of 2 MiB, with zero memory', 'char x[5000001];', [huge], true],
  ['of one segment only', 'int x __attribute__((aligned(0x40000))) = 1;', [], true],
] as const)('segments with an alignment %s', (name, source, flags, isReserved) => {
  const file = shop.library(`${name}.so`.replaceAll(' ', '-'), source, ...flags);
  const module = readModule(file);

  test('are reserved, or not, as ld.so does it', ({ skip }) => {
    const first = firstMapping(file);
    if (!first) return skip('strace cannot be used here');
    const { start, end } = moduleSpan(module);
    expect(reservedLength(module) > 0).toBe(isReserved);
    // An older linker maps the file at once, wherever that is.
    if (isReserved && !first.isReserved) skip('this linker does not look at alignments');
    if (isReserved) expect(reservedLength(module)).toBe(first.bytes);
    else expect(Math.ceil(first.bytes / 4096) * 4096).toBe(end - start);
  });
});
