/**
 * Files as other static linkers and options lay them out: whatever the platform's linker runs, is read and bound, and gives
 * the same answer from its image.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readElf } from '../../src/elf/read-elf.ts';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { casesOf } from '../extent.ts';
import { runProgram } from '../run-program.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-layouts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const library = `
  int shared_value = 3;
  __thread int held = 4;
  static int twice(int x) { return 2 * x; }
  static void *resolve(void) { return twice; }
  int chosen(int) __attribute__((ifunc("resolve")));
  const char *const names[] = {"a", "b"};
  int sum(int x) { return x + held + chosen(shared_value); }`;
const program = `
  #include <stdio.h>
  extern int shared_value;
  extern const char *const names[];
  int sum(int);
  static char zeros[100000];
  static int numbers[3000] = {1};
  const char *const own[] = {"x", "y"};
  int (*const pointer)(int) = sum;
  int main(int count, char **argv) {
    printf("%d %s %d %s %d\\n", sum(count), names[1], shared_value, own[count], pointer(numbers[0]) + zeros[5]);
    return argv[0] ? 7 : 8;
  }`;

const noPie = '-no-pie';
const options = [
  [],
  [noPie],
  ['-Wl,-z,now'],
  ['-Wl,-z,norelro'],
  ['-Wl,--hash-style=sysv'],
  ['-Wl,-z,pack-relative-relocs'],
  ['-Wl,--pack-dyn-relocs=relr'],
  ['-Wl,-z,max-page-size=65536'],
  ['-Wl,--no-rosegment'],
  ['-Wl,-z,noseparate-code'],
  ['-Wl,-s'],
  ['-Wl,--build-id=none'],
  ['-Wl,--no-eh-frame-hdr'],
  ['-fno-plt'],
];

function compile(output: string, source: string, flags: readonly string[]): void {
  execFileSync('cc', ['-x', 'c', '-', '-x', 'none', '-w', '-O1', '-o', output, ...flags], { input: source });
}

/** The program, with its library beside it; undefined where this machine's tools do not make it, or its ld.so does not run it. */
function build(name: string, flags: readonly string[], change: (file: string) => void): string | undefined {
  const place = path.join(folder, name);
  mkdirSync(place);
  const [lib, main] = [path.join(place, 'libsum.so'), path.join(place, 'main')];
  try {
    const shared = flags.filter((flag) => flag !== noPie);
    compile(lib, library, ['-shared', '-fPIC', ...shared]);
    compile(main, program, [lib, `-Wl,-rpath,${place}`, ...flags]);
    for (const file of [lib, main]) change(file);
    if (spawnSync(main).status === 127) return undefined;
  } catch {
    return undefined;
  }
  return main;
}

async function expectBound(main: string): Promise<void> {
  const stock = await runProgram(main, []);
  expect(stock.status).toBe(7);
  const { notes, plt, functionRanges } = readElf(main);
  expect(notes.every(({ name }) => name === 'GNU' || name === 'stapsdt')).toBe(true);
  expect(plt.length + functionRanges.length).toBeGreaterThanOrEqual(0);
  const system = findSystem('image')!;
  const output = `${main}-bound`;
  const { file } = await bindProgram(main, { system, variant: system.variants[0]!.id, output });
  expect(await runProgram(file, [], { env: { LINKONCE_DEBUG: '1' } })).toEqual(stock);
}

for (const linker of ['bfd', 'gold', 'lld', 'mold'])
  describe(`linked by ${linker}`, () => {
    for (const [index, flags] of casesOf([...options.entries()], 4))
      test(flags.join(' ') || 'as it comes', async ({ skip }) => {
        const main = build(`${linker}-${String(index)}`, [`-fuse-ld=${linker}`, ...flags], () => undefined);
        if (main === undefined) skip(`ld.${linker} is missing, or does not know this`);
        else await expectBound(main);
      });
  });

/** As sstrip: no section headers, and nothing behind the last segment. */
function stripSections(file: string): void {
  const { bytes, segments } = readElf(file);
  const stripped = Buffer.from(bytes.subarray(0, Math.max(...segments.map((s) => s.offset + s.fileSize))));
  stripped.writeBigUInt64LE(0n, 40);
  stripped.fill(0, 58, 64);
  writeFileSync(file, stripped);
}

/** A longer search path makes patchelf move the tables into a segment of their own. */
function addSearchPath(file: string): void {
  execFileSync('patchelf', ['--add-rpath', `/nowhere/${'long/'.repeat(60)}`, file]);
}

const changes: readonly [string, (file: string) => void][] = [
  ['without section headers', stripSections],
  ['by patchelf', addSearchPath],
];

describe('changed afterwards', () => {
  for (const [name, change] of changes)
    for (const flags of [[], [noPie]])
      test(`${name} ${flags.join(' ')}`, async ({ skip }) => {
        const main = build(`${name}-${String(flags.length)}`.replaceAll(' ', '-'), flags, change);
        if (main === undefined) skip('patchelf is missing');
        else await expectBound(main);
      });
});
