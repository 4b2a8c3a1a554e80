/**
 * Several hashed dispatchers in one process, and the separate space where the callers of an entry are told apart. Two libraries call one
 * function each, of names that one entry has. What a call goes through is found out by changing that: a word of a dispatcher, or
 * the separate space.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tracee } from '../../src/capture/ptrace.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { environment } from '../programs/build.ts';
import { Binder, choiceOf } from './bound-set.ts';
import { compile } from './compile.ts';
import { fnv1a } from './fnv.ts';
import type { NotedRun } from './noted-run.ts';
import { runNoted } from './noted-run.ts';
import { plannedActions } from '../../src/image/actions.ts';
import { runToHandoff } from '../image/follow-loader.ts';
import { readSmaps } from './smaps.ts';

const binder = new Binder();
afterAll(() => {
  binder.remove();
});
/** Of the first table. */
const entries = 512;
const dispatcherSize = 0x80_0000;
const wordDistance = 1023 * 4096;

const [first, second] = ['function_0', 'function_0'].map((name, index) => {
  if (index === 0) return name;
  for (let number = 1; ; number++)
    if (fnv1a(`function_${number}`) % entries === fnv1a(name) % entries) return `function_${number}`;
}) as [string, string];
const entry = 8 * (fnv1a(first) % entries);

/** Names of two libraries: of two dispatchers each one has its own. */
const users = [0, 1].map((dispatcher) => {
  for (let number = 0; ; number++)
    if (fnv1a(`libuser${number}.so`) % 2 === dispatcher) return `libuser${number}.so`;
});

let program: string;
beforeAll(() => {
  const alone = ['-nostdlib', '-Wl,-z,now', '-O2'];
  const uses = [first, second].map((name, index) => {
    const source = `int ${name}(void) { return ${index + 1}; }`;
    const defined = compile(binder.folder, { name: `libdefined${index}.so`, flags: alone, source });
    return compile(binder.folder, {
      name: users[index]!,
      flags: alone,
      uses: [defined],
      source: `int ${name}(void);\nint calls${index}(void) { return ${name}() + 4; }`,
    });
  });
  program = compile(binder.folder, {
    name: 'apart',
    uses,
    source: `
      #include <stdio.h>
      int calls0(void), calls1(void);
      int main(int argc, char **argv) {
        if (argc == 1) printf("%d %d\\n", calls0(), calls1());
        return 16 * calls0() + calls1();
      }`,
  });
});

const run = (variant: string, bases?: readonly number[]): Promise<NotedRun> =>
  runNoted(binder, program, `hash-dispatcher:${variant}`, bases);

/** Starts it again, has `change` change its memory at the handoff point, and answers what both libraries called then. */
function callsAfter(file: string, change: (tracee: Tracee) => void): readonly [number, number] {
  const tracee = Tracee.start({ file, argv: [file, 'quiet'], environment, quiet: true });
  try {
    runToHandoff(tracee, readPlan(`${file}.image`));
    change(tracee);
    expect(tracee.resume()).toEqual({ kind: 'exit' });
    const stop = tracee.resume();
    if (stop.kind !== 'gone') throw new Error(`it has not ended: ${stop.kind}`);
    return [(stop.status >> 4) - 4, (stop.status & 15) - 4];
  } finally {
    tracee.end();
  }
}

/** The first table's words of each dispatcher: behind the code, or in place of it. */
const wordsAt = (variant: string, base: number): number =>
  base + entry + (variant === 'constant' ? wordDistance : 0);

function baseOf(variant: string, file: string): number {
  const [action] = plannedActions(readPlan(`${file}.image`), 'setGs');
  return variant === 'constant' ? 0x7000_0000 : Number(action!.value);
}

describe.each(['constant', 'movable'])('%s', (variant) => {
  const bases = variant === 'constant' ? [0x7100_0000, 0x6280_0000] : [0x5100_0000_0000, 0x5100_4000_0000];

  test('two dispatchers in one process: each library calls through its own', async () => {
    const { stdout, entries: use, file } = await run(variant, bases);
    expect({ stdout, toldApart: use.toldApart }).toEqual({ stdout: '5 6\n', toldApart: 0 });
    const [zeroth, other] = bases.toSorted((a, b) => a - b).map((base) => wordsAt(variant, base)) as [
      number,
      number,
    ];
    expect(callsAfter(file, () => undefined)).toEqual([1, 2]);
    const exchange = (from: number, to: number) => (tracee: Tracee) => {
      tracee.writeWord(to, tracee.readWord(from));
    };
    expect(callsAfter(file, exchange(zeroth, other))).toEqual([1, 1]);
    expect(callsAfter(file, exchange(other, zeroth))).toEqual([2, 2]);
  });

  test('one dispatcher: the entry leads into a space at an address that is drawn with each bind', async () => {
    const spaces = [await run(variant), await run(variant)].map(({ stdout, entries: use, file }) => {
      expect({ stdout, toldApart: use.toldApart }).toEqual({ stdout: '5 6\n', toldApart: 1 });
      let space = 0;
      const called = callsAfter(file, (tracee) => {
        const base = baseOf(variant, file);
        space = Number(tracee.readWord(wordsAt(variant, base)));
        expect(space < base || space >= base + dispatcherSize).toBe(true);
        const map = readSmaps(tracee).find(({ start, end }) => space >= start && space < end)!;
        expect(map).toMatchObject({ rights: 'r-xp' });
        expect(map.name).toContain(path.basename(file));
        // Of the first caller's words the last one is its function: that of the second takes its place.
        const words = tracee.read(space, 512);
        const [own, others] = [0, 1].map((index) => wordOf(tracee, words, space, index)) as [number, number];
        tracee.writeWord(own, tracee.readWord(others));
      });
      expect(called).toEqual([2, 2]);
      return space;
    });
    expect(spaces[0]).not.toBe(spaces[1]);
  });

  test('bases that cannot be are told, each in one line', async () => {
    const bind = (wrong: readonly number[]) =>
      binder.bindChoice(program, { ...choiceOf(`hash-dispatcher:${variant}`), bases: wrong });
    const [base = 0] = bases;
    await expect(bind([base + 8])).rejects.toThrow(/is no base for the dispatcher: it takes whole pages/);
    await expect(bind([base, base + 0x1000])).rejects.toThrow(/are no bases of two dispatchers/);
    await expect(bind([0x1000])).rejects.toThrow(/is no base for the dispatcher/);
  });
});

test('movable: bases farther apart than a displacement reaches are told', async () => {
  const choice = { ...choiceOf('hash-dispatcher:movable'), bases: [0x5000_0000_0000, 0x5000_8000_0000] };
  await expect(binder.bindChoice(program, choice)).rejects.toThrow(/are no bases for one process/);
});

test('where an executable has its fixed addresses there is no room for a dispatcher', async () => {
  const fixed = compile(binder.folder, {
    name: 'fixed',
    flags: ['-no-pie'],
    source: 'int main(void) { return 0; }',
  });
  const choice = { ...choiceOf('hash-dispatcher:constant'), bases: [0x40_0000] };
  await expect(binder.bindChoice(fixed, choice)).rejects.toThrow(/0x400000 would be where .*fixed is/);
});

/** The address of the word that holds the function of a caller: `ff 25 disp32` ends each arm. */
function wordOf(tracee: Tracee, code: Buffer, at: number, caller: number): number {
  let found = -1;
  for (let count = 0; count <= caller; count++) found = code.indexOf(Buffer.from([0xff, 0x25]), found + 1);
  expect(found).toBeGreaterThan(0);
  const word = at + found + 6 + code.readInt32LE(found + 2);
  expect(Number(tracee.readWord(word))).toBeGreaterThan(0x1000);
  return word;
}
