/** Processes of two programs that map known pages: who shares what, by the kernel's own frame numbers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FrameSharing } from '../../src/measure/measurement.ts';
import type { Load } from '../../src/measure/memory.ts';
import { weighProcesses } from '../../src/measure/memory.ts';
import { readFrames } from '../../src/measure/page-frames.ts';
import { compileProgram } from './compile.ts';

/** Reads every page of the files that are named, then of so much fresh memory, and writes to as much. */
const mapper = compileProgram(
  'mapper',
  `
  #include <fcntl.h>
  #include <stdlib.h>
  #include <sys/mman.h>
  #include <sys/stat.h>
  static volatile char seen;
  static char *fresh(long pages) {
    char *memory = mmap(0, pages * 4096 + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, pages * 4096 + 1, MADV_NOHUGEPAGE);
    return memory;
  }
  int main(int argc, char **argv) {
    long pages = atol(argv[1]), zeros = atol(argv[2]);
    char *written = fresh(pages), *read = fresh(zeros);
    for (long page = 0; page < pages; page++) written[page * 4096] = 1;
    for (long page = 0; page < zeros; page++) seen = read[page * 4096];
    for (int i = 3; i < argc; i++) {
      int file = open(argv[i], O_RDONLY);
      struct stat status;
      fstat(file, &status);
      char *memory = mmap(0, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
      for (long at = 0; at < status.st_size; at += 4096) seen = memory[at];
    }
    return 0;
  }`,
);

const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-frames-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const pageKb = 4;
/** What processes map besides differs by some pages: a fault on a file maps its neighbours in the page cache too. */
const tolerance = 100 * pageKb;

function file(name: string, pages: number): string {
  const created = path.join(directory, name);
  writeFileSync(created, Buffer.alloc(pages * 4096, 1));
  return created;
}

function load(program: string, processes: number, written: number, zeros: number, ...files: string[]): Load {
  const argv = [mapper, String(written), String(zeros), ...files];
  return { command: { file: mapper, argv, environment: {} }, program, processes };
}

const isPermitted = readFrames([process.pid]) !== undefined;
const settings = { moment: 'exit', limitMs: 20_000 } as const;

async function weigh(...loads: Load[]) {
  const { sharing } = await weighProcesses(loads, settings);
  if (sharing === undefined) throw new Error('the kernel hides frame numbers');
  return sharing;
}

function expectApart(one: FrameSharing, two: FrameSharing, expected: FrameSharing): void {
  for (const name of ['oneProcessKb', 'oneProgramKb', 'severalProgramsKb'] as const)
    expect(Math.abs(two[name] - one[name] - expected[name]), name).toBeLessThanOrEqual(tolerance);
}

describe.skipIf(!isPermitted)('processes of two programs', () => {
  it('share a file that both map, and one that one of them maps', async () => {
    const [both, own, single] = [file('both', 5000), file('own', 3000), file('single', 2000)];
    const plain = await weigh(load('a', 2, 0, 0), load('b', 1, 0, 0));
    const mapped = await weigh(load('a', 2, 0, 0, both, own), load('b', 1, 0, 0, both, single));
    const of = (one: number, program: number, several: number): FrameSharing => ({
      oneProcessKb: one * pageKb,
      oneProgramKb: program * pageKb,
      severalProgramsKb: several * pageKb,
    });
    expectApart(plain.total, mapped.total, of(2000, 3000, 5000));
    expectApart(plain.processes[0]!, mapped.processes[0]!, of(0, 3000, 5000));
    expectApart(plain.processes[2]!, mapped.processes[2]!, of(2000, 0, 5000));
  });

  it('have what they write each for itself', async () => {
    const few = await weigh(load('a', 2, 100, 0), load('b', 1, 100, 0));
    const many = await weigh(load('a', 2, 5100, 0), load('b', 1, 5100, 0));
    const more = { oneProcessKb: 3 * 5000 * pageKb, oneProgramKb: 0, severalProgramsKb: 0 };
    expectApart(few.total, many.total, more);
  });

  it('do not share the page of zeros', async () => {
    const none = await weigh(load('a', 1, 0, 0), load('b', 1, 0, 0));
    const zeros = await weigh(load('a', 1, 0, 20_000), load('b', 1, 0, 20_000));
    expectApart(none.total, zeros.total, { oneProcessKb: 0, oneProgramKb: 0, severalProgramsKb: 0 });
  });

  it('are one program where they say so', async () => {
    const apart = await weigh(load('a', 1, 0, 0), load('b', 1, 0, 0));
    const one = await weigh(load('a', 1, 0, 0), load('a', 1, 0, 0));
    expect(apart.total.severalProgramsKb).toBeGreaterThan(100);
    expect(apart.total.oneProgramKb).toBe(0);
    expect(one.total.severalProgramsKb).toBe(0);
    expect(one.total.oneProgramKb).toBeGreaterThan(100);
  });
});

describe('weighProcesses of several loads', () => {
  it('gives each its own figures, in their order', async () => {
    const loads = [load('a', 2, 1000, 0), load('b', 3, 0, 0)];
    const { weights } = await weighProcesses(loads, settings);
    const kb = weights.map(({ processes }) => processes.map(({ privateKb }) => privateKb));
    expect(kb.map((of) => of.length)).toEqual([2, 3]);
    expect(Math.min(...kb[0]!)).toBeGreaterThan(1000 * pageKb);
    expect(Math.max(...kb[1]!)).toBeLessThan(1000 * pageKb);
  });

  it('leaves none of them where one cannot be started', async () => {
    const missing = {
      ...load('b', 1, 0, 0),
      command: { file: '/nonexistent', argv: ['x'], environment: {} },
    };
    await expect(weighProcesses([load('a', 1, 0, 0), missing], settings)).rejects.toThrow(
      '/nonexistent: cannot be executed',
    );
  });
});
