/** Processes of two programs that map known pages: who shares what, by the kernel's own frame numbers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FrameSharing } from '../../src/measure/measurement.ts';
import type { Load } from '../../src/measure/memory.ts';
import { weighProcesses } from '../../src/measure/memory.ts';
import { readFrames } from '../../src/measure/page-frames.ts';
import { compileProgram } from './compile.ts';
import { patienceMs } from '../patience.ts';

/** Writes to so many fresh pages and reads every page of the files that are named. */
const mapper = compileProgram(
  'mapper',
  `
  #include <fcntl.h>
  #include <stdlib.h>
  #include <sys/mman.h>
  #include <sys/stat.h>
  static volatile char seen;
  int main(int argc, char **argv) {
    long pages = atol(argv[1]);
    char *memory = mmap(0, pages * 4096 + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, pages * 4096 + 1, MADV_NOHUGEPAGE);
    for (long page = 0; page < pages; page++) memory[page * 4096] = 1;
    for (int i = 2; i < argc; i++) {
      int file = open(argv[i], O_RDONLY);
      struct stat status;
      fstat(file, &status);
      char *contents = mmap(0, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
      for (long at = 0; at < status.st_size; at += 4096) seen = contents[at];
    }
    return 0;
  }`,
);

/** Writes to one of eight fresh pages, reads the others, says so, and waits. */
const reader = compileProgram(
  'reader',
  `
  #include <sys/mman.h>
  #include <unistd.h>
  static volatile char seen;
  int main(void) {
    char *memory = mmap(0, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory[0] = 1;
    for (int page = 1; page < 8; page++) seen = memory[page * 4096];
    write(1, ".", 1);
    pause();
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

function load(program: string, processes: number, written: number, ...files: string[]): Load {
  const argv = [mapper, String(written), ...files];
  return { command: { file: mapper, argv, environment: {} }, program, processes };
}

const isPermitted = readFrames([process.pid]) !== undefined;
const settings = { moment: 'exit', limitMs: patienceMs } as const;

async function weigh(...loads: Load[]) {
  const { sharing } = await weighProcesses(loads, { ...settings, frames: true });
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
    const plain = await weigh(load('a', 2, 0), load('b', 1, 0));
    const mapped = await weigh(load('a', 2, 0, both, own), load('b', 1, 0, both, single));
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
    const few = await weigh(load('a', 2, 100), load('b', 1, 100));
    const many = await weigh(load('a', 2, 5100), load('b', 1, 5100));
    const more = { oneProcessKb: 3 * 5000 * pageKb, oneProgramKb: 0, severalProgramsKb: 0 };
    expectApart(few.total, many.total, more);
  });

  it('are one program where they say so', async () => {
    const apart = await weigh(load('a', 1, 0), load('b', 1, 0));
    const one = await weigh(load('a', 1, 0), load('a', 1, 0));
    expect(apart.total.severalProgramsKb).toBeGreaterThan(100);
    expect(apart.total.oneProgramKb).toBe(0);
    expect(one.total.severalProgramsKb).toBe(0);
    expect(one.total.oneProgramKb).toBeGreaterThan(100);
  });
});

describe.skipIf(!isPermitted)('readFrames', () => {
  it('leaves the page of zeros out', async () => {
    const child = spawn(reader, { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(child.stdout, 'data');
      const frames = readFrames([child.pid!])?.[0] ?? new Set();
      expect(frames.size).toBeGreaterThan(100);
      expect([...frames].filter(isZeroPage)).toEqual([]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

/** KPF_ZERO_PAGE. */
function isZeroPage(frame: number): boolean {
  const flags = Buffer.alloc(8);
  const kpageflags = openSync('/proc/kpageflags', 'r');
  readSync(kpageflags, flags, 0, 8, frame * 8);
  closeSync(kpageflags);
  return (flags.readBigUInt64LE() & (1n << 24n)) !== 0n;
}

describe('weighProcesses of several loads', () => {
  it('gives each its own figures, in their order', async () => {
    const loads = [load('a', 2, 1000), load('b', 3, 0)];
    const { weights } = await weighProcesses(loads, settings);
    const kb = weights.map(({ processes }) => processes.map(({ privateKb }) => privateKb));
    expect(kb.map((of) => of.length)).toEqual([2, 3]);
    expect(Math.min(...kb[0]!)).toBeGreaterThan(1000 * pageKb);
    expect(Math.max(...kb[1]!)).toBeLessThan(1000 * pageKb);
  });

  it('leaves none of them where one cannot be started', async () => {
    const missing = {
      ...load('b', 1, 0),
      command: { file: '/proc/nonexistent', argv: ['x'], environment: {} },
    };
    await expect(weighProcesses([load('a', 1, 0), missing], settings)).rejects.toThrow(
      '/proc/nonexistent: cannot be executed',
    );
  });
});
