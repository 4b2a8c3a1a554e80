/** What the kernel has forgotten is read again together: which pages that are, and that it is neither more nor where memory is short. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { Recall, restingPages, runsOf } from '../../src/pagein/recall.ts';
import { recall, startRecaller } from '../../src/pagein/recaller.ts';
import { pageSize } from '../../src/util/units.ts';
import { patienceMs } from '../patience.ts';
import { testProgram } from '../programs/build.ts';
import { ServedPrograms, whyNoPlaces } from './served-programs.ts';

const page = (number: number): number => number * pageSize;

describe('the pages of a file that were asked for', () => {
  it('come group by group, in the order in which the groups began', () => {
    const asked = new Recall(page(64));
    for (const [first, count] of [
      [40, 1],
      [9, 1],
      [42, 2],
      [10, 1],
      [0, 4],
      [4, 1],
    ] as const)
      expect(asked.note(page(first), page(count))).toBe(false);
    expect(asked.pages()).toEqual([40, 42, 43, 9, 10, 0, 1, 2, 3, 4]);
    expect([...runsOf(asked.pages())]).toEqual([40, 1, 42, 2, 9, 2, 0, 5]);
  });

  it('were forgotten when one is asked for again; what is read again then is none', () => {
    const asked = new Recall(page(16) - 100);
    asked.note(page(0), page(2));
    asked.note(page(15), pageSize - 100);
    expect(asked.note(page(1), pageSize)).toBe(true);
    expect(asked.note(page(0), pageSize)).toBe(false);
    expect(asked.note(page(15), pageSize - 100)).toBe(false);
    expect(asked.note(page(15), pageSize - 100)).toBe(true);
    expect(asked.pages()).toEqual([0, 1, 15]);
  });

  it('rest where their chunks do, each page of storage once', () => {
    const chunks = [
      { offset: 100, length: 5000 },
      { offset: 5100, length: 0 },
      { offset: 40_960, length: 1 },
    ];
    const restsAt = (offset: number) => chunks[Math.floor(offset / page(4))];
    expect(restingPages({ restsAt }, [9, 0, 1, 5])).toEqual([0, 1, 10]);
  });
});

const whyNoFincore = spawnSync('fincore', ['--version']).error?.message;

/** Whoever has the kernel forget all files of the machine meanwhile (`compare --cold`) disturbs what is known of ours. */
const again = { retry: 3 };

/** Pages of a file that the kernel has. */
function known(file: string): number {
  return Number(execFileSync('fincore', ['--noheadings', '--output', 'PAGES', file], { encoding: 'utf8' }));
}

/** posix_fadvise(2). */
function forget(file: string): void {
  advise(file, 'os.posix_fadvise(f, 0, 0, os.POSIX_FADV_DONTNEED)');
}

/** The first pages, and the kernel reads no others around them. */
function readAlone(file: string, count: number): void {
  advise(file, `os.posix_fadvise(f, 0, 0, os.POSIX_FADV_RANDOM)\nos.pread(f, ${page(count)}, 0)`);
}

function advise(file: string, script: string): void {
  const opened = 'import os, sys\nf = os.open(sys.argv[1], os.O_RDONLY)\n';
  execFileSync('python3', ['-c', opened + script, file]);
}

describe.skipIf(whyNoFincore)('who reads forgotten pages again', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-recall-'));
  const recaller = startRecaller();
  afterAll(() => {
    recaller.close();
    rmSync(folder, { recursive: true });
  });

  function create(name: string): string {
    const file = path.join(folder, name);
    writeFileSync(file, Buffer.alloc(page(64), name));
    const descriptor = openSync(file, 'r+');
    fsyncSync(descriptor);
    closeSync(descriptor);
    return file;
  }

  it('reads these pages of a forgotten file, and none of one of which most is there', again, async () => {
    const [whole, other] = [create('whole'), create('other')];
    forget(whole);
    forget(other);
    readAlone(whole, 12);
    expect([known(whole), known(other)]).toEqual([12, 0]);
    recall(recaller.socket, whole, Uint32Array.of(0, 16));
    recall(recaller.socket, path.join(folder, 'missing'), Uint32Array.of(0, 16));
    recall(recaller.socket, other, Uint32Array.of(20, 40, 3, 1, 70, 5));
    // Its messages are carried out one after the other.
    await expect.poll(() => known(other), { timeout: patienceMs }).toBe(41);
    expect(known(whole)).toBe(12);
  });
});

function largestFile(folder: string): string {
  const files = readdirSync(folder).map((name) => path.join(folder, name));
  return files.reduce((one, other) => (statSync(one).size >= statSync(other).size ? one : other));
}

describe.skipIf(whyNoPlaces ?? whyNoFincore)('a place', () => {
  let served: ServedPrograms;
  beforeAll(async () => {
    served = new ServedPrograms();
    await served.bind([testProgram('exceptions').path], 'whole');
  });
  afterAll(() => served.remove());

  test(
    'has what was read of it read again with the first page of it that the kernel forgot, and nothing else',
    again,
    async () => {
      const server = await served.serve();
      const file = largestFile(path.join(served.places.path, '0'));
      const read = (number: number): Buffer => {
        const into = Buffer.alloc(pageSize);
        const descriptor = openSync(file, 'r');
        readSync(descriptor, into, 0, pageSize, page(number));
        closeSync(descriptor);
        return into;
      };
      const wanted = [60, 3, 61, 2, 30, 100];
      const bytes = wanted.map(read);
      expect(known(file)).toBe(wanted.length);
      const before = (await server.counts())[0]!.pages;
      forget(file);
      expect(known(file)).toBe(0);
      expect(read(30)).toEqual(bytes[4]);
      await expect.poll(() => known(file), { timeout: patienceMs }).toBe(wanted.length);
      expect((await server.counts())[0]!.pages - before).toBe(wanted.length);
      expect(wanted.map(read)).toEqual(bytes);
    },
  );
});
