/** The offset table in processes: blocks, executables with fixed addresses, and a base without room. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stop, Tracee } from '../../src/capture/ptrace.ts';
import { readElf } from '../../src/elf/read-elf.ts';
import { offsetTable } from '../../src/systems/offset-table/offset-table-system.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import type { BoundImage } from '../../src/pipeline.ts';
import { Refusal } from '../../src/util/errors.ts';
import { runToHandoff } from '../image/follow-loader.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { Binder } from './bound-set.ts';
import { compile } from './compile.ts';
import { atExit, readSmaps } from './smaps.ts';

const binder = new Binder();
afterAll(() => {
  binder.remove();
});
const debugging = { ...environment, LINKONCE_DEBUG: '1' };
const variants = offsetTable.variants.map(({ id }) => id);
const mebibyte = 2 ** 20;

/** The seed's 256 blocks of 1 MiB below 2 GiB; elsewhere 2,048 at a base. */
const placesOf = (variant: string): number => (variant === 'literal' ? 256 : 2048);

describe('a library of several blocks', () => {
  let program: string;
  let library: string;
  beforeAll(() => {
    const folder = path.join(binder.folder, 'long');
    // Code at both ends: constants between two sections of functions, all of it in one segment.
    library = compile(folder, {
      name: 'liblong.so',
      flags: ['-fno-builtin', '-Wl,-z,now'],
      source: `
        #include <stdlib.h>
        #include <string.h>
        int first(const char *text) { return strlen(text) + abs(-3); }
        __asm__(".section .text\\n.fill 2500000, 1, 0x90\\n");
        int last(const char *text) { return strlen(text) + abs(-30) + first(text); }
        const char constants[1500000] = {1};`,
    });
    program = compile(folder, {
      name: 'long',
      uses: [library],
      source: `
        #include <stdio.h>
        int first(const char *), last(const char *);
        extern const char constants[];
        int main(void) { printf("%d %d %d\\n", first("text"), last("text"), constants[0]); return 0; }`,
    });
  });

  test.each(variants)('%s: it runs, with an entry for each block', async (variant) => {
    const image = await binder.bind(program, `offset-table:${variant}`);
    const own = await runProgram(image.file, [], { env: debugging });
    expect(own).toEqual({ stdout: '7 41 1\n', stderr: '', status: 0, signal: null });
    const entries = await atExit(image, (tracee) => {
      const maps = readSmaps(tracee).filter(({ name }) => path.basename(name).startsWith('liblong.so-'));
      const [start, end] = [maps[0]!.start, maps.at(-1)!.end];
      const region = placesOf(variant) * mebibyte;
      const base = Math.floor(start / region) * region;
      const first = Math.floor((start - base) / mebibyte);
      const count = Math.ceil((end - base) / mebibyte) - first;
      return Array.from(
        { length: count },
        (_, block) => Number(tracee.readWord(base + (first + block) * 8)) - base,
      );
    });
    expect(entries.length).toBeGreaterThanOrEqual(4);
    expect(new Set(entries).size).toBe(1);
    expect(entries[0]).toBeGreaterThanOrEqual(placesOf(variant) * 8);
    expect(entries[0]).toBeLessThan(2 * mebibyte);
  });
});

describe.each(['mask', 'literal'])(
  '%s: a library of several blocks whose calls are all over it',
  (variant) => {
    const block = 2 ** 20;
    let image: BoundImage;
    beforeAll(async () => {
      const folder = path.join(binder.folder, `duplicates-${variant}`);
      // Calls from the first block and the second, none from the third, a jump from the fourth, and no code but these.
      const library = compile(folder, {
        name: 'libfour.so',
        flags: ['-fno-builtin', '-Wl,-z,now', '-O2', '-fno-toplevel-reorder', '-nostartfiles'],
        source: `
        #include <stdlib.h>
        int one(int x) { return abs(x) + 1; }
        __asm__(".section .text\\n.fill 0x100000, 1, 0x90\\n");
        int two(int x) { return abs(x) + 2; }
        __asm__(".section .text\\n.fill 0x200000, 1, 0x90\\n");
        int four(int x) { return abs(x); }`,
      });
      const program = compile(folder, {
        name: 'four',
        uses: [library],
        source: `
        #include <stdlib.h>
        int one(int), two(int), four(int);
        int main(int count, char **words) {
          int which = atoi(words[1]);
          return which == 1 ? one(-9) : which == 2 ? two(-9) : four(-9);
        }`,
      });
      image = await binder.bind(program, `offset-table:${variant}`);
    });

    /** How it ends that calls the function, where the entry of a block of the library leads nowhere. */
    function endWithout(which: number, without: number | undefined): Stop {
      const plan = readPlan(`${image.file}.image`);
      const tracee = Tracee.start({
        file: image.file,
        argv: [image.file, String(which)],
        environment: {},
        quiet: true,
      });
      try {
        runToHandoff(tracee, plan);
        if (without !== undefined) {
          const maps = readSmaps(tracee).filter(({ name }) => path.basename(name).startsWith('libfour.so-'));
          const base = Math.floor(maps[0]!.start / (placesOf(variant) * block)) * placesOf(variant) * block;
          const first = Math.floor((maps[0]!.start - base) / block);
          expect(tracee.readWord(base + (first + without) * 8)).not.toBe(0n);
          tracee.writeWord(base + (first + without) * 8, 0n);
        }
        const stop = tracee.resume();
        return stop.kind === 'exit' ? tracee.resume() : stop;
      } finally {
        tracee.end();
      }
    }

    test('each call reads the entry of its own block, and no other', () => {
      const fault: Stop = { kind: 'signal', signal: 11 };
      const blocks = [undefined, 0, 1, 2, 3];
      for (const [which, own, result] of [
        [1, 0, 10],
        [2, 1, 11],
        [4, 3, 9],
      ] as const) {
        const end: Stop = { kind: 'gone', status: result, signal: 0 };
        const ends = blocks.map((without) => endWithout(which, without));
        expect(ends).toEqual(blocks.map((without) => (without === own ? fault : end)));
      }
    });
  },
);

test.each(variants)(
  '%s: an executable with fixed addresses is left as compiled, and runs',
  async (variant) => {
    const program = compile(path.join(binder.folder, 'fixed'), {
      name: `fixed-${variant}`,
      flags: ['-fno-pie', '-no-pie', '-fno-builtin'],
      source: '#include <stdio.h>\nint main(void) { puts("at its address"); return 0; }',
    });
    const image = await binder.bind(program, `offset-table:${variant}`);
    const own = await runProgram(image.file, [], { env: debugging });
    expect(own).toEqual({ stdout: 'at its address\n', stderr: '', status: 0, signal: null });
    const elf = readElf(program);
    const code = elf.segments.find(({ type, flags }) => type === 1 && (flags & 1) !== 0)!;
    const loaded = await atExit(image, (tracee) => tracee.read(Number(code.address), code.fileSize));
    expect(loaded.equals(readFileSync(program).subarray(code.offset, code.offset + code.fileSize))).toBe(
      true,
    );
  },
);

test.each(variants)('%s: more modules than blocks are refused', async (variant) => {
  const folder = path.join(binder.folder, 'many');
  const program = compile(folder, { name: `many-${variant}`, source: 'int main(void) { return 0; }' });
  // Two blocks are the table's, one each the executable's and the linker's; libc has two.
  for (const window of [20, 21, 22]) {
    const bind = binder.bind(program, `offset-table:${variant}`, window);
    await expect(bind).rejects.toBeInstanceOf(Refusal);
    await expect(bind).rejects.toThrow(new RegExp(`finds no range in a window of ${window} bits$`));
  }
  await binder.bind(program, `offset-table:${variant}`, 23);
});
