/** The base pointer of solution 2: modules of one process, and of one store, at several bases, each with a table of its own. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stop, Tracee } from '../../src/capture/ptrace.ts';
import type { Image } from '../../src/image/image.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { requireCatalogue } from '../../src/store/catalogue.ts';
import { linkonce } from '../cli/linkonce.ts';
import { runToHandoff } from '../image/follow-loader.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { Binder } from './bound-set.ts';
import { compile } from './compile.ts';
import { readSmaps } from './smaps.ts';

const binder = new Binder();
afterAll(() => binder.remove());
const debugging = { ...environment, LINKONCE_DEBUG: '1' };

/** Two libraries, each with memory of zeros that takes more than half of a base, which call libc and each other. */
function compileHalves(folder: string, name: string, mebibytes: number): string {
  const library = (own: string, other: string, uses: readonly string[]): string =>
    compile(folder, {
      name: `lib${own}.so`,
      uses,
      flags: ['-fno-builtin', '-Wl,-z,now', '-nostartfiles'],
      source: `
        #include <stdlib.h>
        static volatile char room[${String(mebibytes)}l << 20];
        ${other === '' ? '' : `int ${other}(int);`}
        int ${own}(int x) { room[x & 0xfff] = 1; return abs(x) + room[x & 0xfff]${other === '' ? '' : ` + ${other}(x)`}; }`,
    });
  const second = library(`${name}2`, '', []);
  const first = library(`${name}1`, `${name}2`, [second]);
  return compile(folder, {
    name,
    uses: [first, second],
    source: `
      int ${name}1(int), ${name}2(int);
      int main(int count, char **words) { return count == 1 ? ${name}1(-9) + ${name}2(-20) : ${name}2(-1); }`,
  });
}

/** Half of a base, and some more. */
const forms = [
  ['literal', 2 ** 28, 140],
  ['mask', 2 ** 31, 1100],
] as const;

describe.each(forms)('%s: a process at two bases at once', (variant, size, mebibytes) => {
  let image: Image;
  beforeAll(async () => {
    const program = compileHalves(path.join(binder.folder, variant), 'halves', mebibytes);
    image = await binder.bind(program, `offset-table:${variant}`);
  });

  interface Based {
    readonly bases: readonly number[];
    /** Base of the module whose file begins with that name. */
    readonly baseOf: (name: string) => number;
  }

  function basedModules(tracee: Tracee): Based {
    const starts = readSmaps(tracee).flatMap(({ name, start }) =>
      /^(halves|lib)/.test(path.basename(name)) && name.includes('.files/')
        ? [{ name: path.basename(name), base: Math.floor(start / size) * size }]
        : [],
    );
    const bases = [...new Set(starts.map(({ base }) => base))].sort((a, b) => a - b);
    return { bases, baseOf: (name) => starts.find((each) => each.name.startsWith(name))!.base };
  }

  /** What comes of it where `change` was done to the process at its handoff point. */
  function endAfter(args: readonly string[], change: (tracee: Tracee, based: Based) => void): Stop {
    const argv = [image.file, ...args];
    const tracee = Tracee.start({ file: image.file, argv, environment: {}, quiet: true });
    try {
      runToHandoff(tracee, readPlan(`${image.file}.image`));
      change(tracee, basedModules(tracee));
      const stop = tracee.resume();
      return stop.kind === 'exit' ? tracee.resume() : stop;
    } finally {
      tracee.end();
    }
  }

  test('it runs, and calls go from base to base', async () => {
    const outcome = await runProgram(image.file, [], { env: debugging });
    // 9 + 1 + (9 + 1) + 20 + 1.
    expect(outcome).toEqual({ stdout: '', stderr: '', status: 41, signal: null });
  });

  test('its libraries are at different bases, and each base has a table with their entries', () => {
    const end = endAfter([], (tracee, { bases, baseOf }) => {
      expect(bases).toHaveLength(2);
      expect(baseOf('libhalves1')).not.toBe(baseOf('libhalves2'));
      for (const base of bases) {
        const entries = Array.from({ length: size / 2 ** 20 }, (_, place) =>
          Number(tracee.readWord(base + place * 8)),
        );
        const used = entries.filter((entry) => entry !== 0);
        expect(used.length).toBeGreaterThan(mebibytes - 1);
        for (const entry of used) expect(entry - (entry % size)).toBe(base);
      }
    });
    expect(end).toEqual({ kind: 'gone', status: 41, signal: 0 });
  });

  test('each library reads the table at its own base', () => {
    const without = (args: readonly string[], library: string): Stop =>
      endAfter(args, (tracee, { baseOf }) => {
        tracee.write(baseOf(library), Buffer.alloc((size / 2 ** 20) * 8));
      });
    const fault: Stop = { kind: 'signal', signal: 11 };
    for (const library of ['libhalves1', 'libhalves2']) expect(without([], library)).toEqual(fault);
  });
});

test('a store holds more blocks than one base has', async () => {
  const folder = path.join(binder.folder, 'store-programs');
  const [one, two] = ['one', 'two'].map((name) => compileHalves(path.join(folder, name), name, 140));
  const store = path.join(binder.folder, 'store');
  const run = (...args: string[]) => linkonce(['store', ...args, '--store', store]);
  const added = await run('add', '--system', 'offset-table:literal', one!, two!);
  expect(added).toMatchObject({ status: 0, stderr: '' });
  const basesNow = (): readonly number[] => {
    const { holdings } = requireCatalogue(store);
    expect(holdings.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(2 * 2 ** 28);
    return [...new Set(holdings.map(({ start }) => Math.floor(start / 2 ** 28)))];
  };
  expect(basesNow().length).toBeGreaterThanOrEqual(3);
  const bothRun = async (): Promise<void> => {
    for (const name of ['one', 'two'])
      expect(await runProgram(path.join(store, 'bin', name), [], { env: debugging })).toMatchObject({
        stderr: '',
        status: 41,
      });
  };
  await bothRun();
  expect(await run('reslide')).toMatchObject({ status: 0 });
  expect(basesNow().length).toBeGreaterThanOrEqual(3);
  await bothRun();
  expect(await run('verify')).toMatchObject({ status: 0 });
});
