/** Programs from several places at once: what places show, what processes of them have, and what that costs. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Tracee } from '../../src/capture/ptrace.ts';
import { openCompressedFile } from '../../src/compression/compressed-file.ts';
import { slideUnit } from '../../src/image/plan-layout.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { pageSize } from '../../src/util/units.ts';
import { testProgram } from '../programs/build.ts';
import { runInShell, runProgram } from '../run-program.ts';
import { atHandoff, predictPages } from '../systems/moved-process.ts';
import { prefaultedPages } from '../image/prefaulted.ts';
import { expectProvenance } from './expect-provenance.ts';
import type { Server } from './served-programs.ts';
import { debugging, ServedPrograms, whyNoPlaces } from './served-programs.ts';

/** What programs do: enough to go through many of their modules. */
const tasks: Readonly<Record<string, readonly string[]>> = {
  git: ['hash-object', '--stdin'],
  perl: ['-MPOSIX', '-e', 'print join(",", map { floor($_ * 1.5) } 1..9), "\\n"'],
  python3: ['-c', 'import json, hashlib; print(json.dumps({"a": hashlib.sha256(b"x").hexdigest()}))'],
  sqlite3: [':memory:', 'create table t(a); insert into t values (1), (2); select sum(a) from t'],
  gdalinfo: ['--formats'],
  ffmpeg: ['-hide_banner', '-codecs'],
};
const installed = Object.keys(tasks).filter((name) => existsSync(`/usr/bin/${name}`));
const small = ['pointer-table', 'exceptions', 'tls-models'];

let group: ServedPrograms;
let boot: ServedPrograms;
let server: Server;
let inGroup: string;

beforeAll(async () => {
  if (whyNoPlaces !== undefined) return;
  group = new ServedPrograms();
  boot = new ServedPrograms();
  const all = [
    ...installed.map((name) => `/usr/bin/${name}`),
    ...small.map((name) => testProgram(name).path),
  ];
  await group.bind(all, 'group');
  await boot.bind(
    all.filter((file) => !/ffmpeg|gdalinfo/.test(file)),
    'data',
  );
  server = await group.serve();
  inGroup = group.compile('in-group');
});
afterAll(async () => {
  if (whyNoPlaces !== undefined) return;
  await group.remove();
  await boot.remove();
});
beforeEach(({ skip }) => skip(whyNoPlaces !== undefined, whyNoPlaces));

const run = (name: string, place: number) => {
  const { places } = group;
  const args = [String(place), String(places.count), group.get(name).file, ...(tasks[name] ?? [])];
  return runProgram(inGroup, args, { env: debugging, input: 'text' });
};
const stock = (name: string) =>
  runProgram(group.get(name).program, tasks[name] ?? [], { env: debugging, input: 'text' });

describe('several places at once', () => {
  test.each(installed)('%s runs from three as under the platform’s linker', async (name) => {
    const expected = await stock(name);
    expect(expected.status).toBe(0);
    const outcomes = await Promise.all([0, 1, 2].map((place) => run(name, place)));
    expect(outcomes).toEqual([expected, expected, expected]);
  });

  /** What one more process of each program in each place adds. */
  async function anotherRound(): Promise<readonly [before: unknown, after: unknown]> {
    const before = await server.counts();
    await Promise.all(installed.flatMap((name) => [0, 1, 2].map((place) => run(name, place))));
    return [before, await server.counts()];
  }

  test('cost nothing where nobody is, and a process that touches nothing new costs nothing at all', async () => {
    const before = await server.counts();
    expect(before[3]).toMatchObject({ pages: 0, relocations: 0 });
    for (const place of [0, 1, 2]) {
      expect(before[place]?.pages).toBeGreaterThan(installed.length * 10);
      expect(before[place]?.relocations).toBeGreaterThan(1000);
    }
    // A program may touch a page that its first process did not, and the kernel may drop one: in one of some rounds neither is so.
    const rounds = 6;
    for (let round = 1; round <= rounds; round++) {
      const [had, has] = await anotherRound();
      if (round === rounds || isDeepStrictEqual(had, has)) return expect(has).toEqual(had);
    }
  });
});

// Last, for it reads every page.
describe('what is shown', () => {
  test('differs between places in the listed words, by the distance of the slides, and nowhere else', async () => {
    const { path: mount, files } = group.places;
    const slides = (await server.counts()).map(({ slide }) => slide);
    expect(new Set(slides).size).toBe(slides.length);
    const names = readdirSync(path.join(mount, '0')).filter((name) => name !== 'slide');
    expect(names.length).toBeGreaterThan(3);
    let moved = 0;
    for (const name of names) {
      const resting = wordsAtRest(path.join(files, name));
      for (const place of [0, 2]) {
        const shown = readFileSync(path.join(mount, String(place), name));
        expect(shown.length).toBe(resting.size);
        // Moved back, it is what rests.
        for (const word of resting.words) {
          const value = shown.readBigUInt64LE(word) - (slides[place] ?? 0n);
          shown.writeBigUInt64LE(BigInt.asUintN(64, value), word);
        }
        expect(shown.equals(resting.pages), `${place}/${name}`).toBe(true);
      }
      moved += resting.words.length;
    }
    expect(moved).toBeGreaterThan(10_000);
    for (const [place, slide] of slides.entries())
      expect(readFileSync(path.join(mount, String(place), 'slide')).readBigUInt64LE()).toBe(slide);
  });
});

/** Read as docs/formats has it, not by the code that serves. */
function wordsAtRest(file: string): {
  readonly size: number;
  readonly pages: Buffer;
  readonly words: number[];
} {
  const opened = openCompressedFile(file);
  const bytes = opened.read(0, opened.head.size);
  opened.close();
  const size = Number(bytes.readBigUInt64LE(bytes.length - 8));
  const words: number[] = [];
  for (let at = size; at < bytes.length - 16; at += 4)
    words.push((words.at(-1) ?? 0) + bytes.readUInt32LE(at));
  return { size, pages: bytes.subarray(0, size), words };
}

describe('a place of its own', () => {
  afterEach(() => boot.stop());

  test.for(['python3', 'pointer-table'])(
    'relocates no page that %s does not touch',
    async (name, { skip }) => {
      const found = boot.bound.get(name) ?? skip(`${name} is not installed`);
      const alone = await boot.serve();
      const args = tasks[name] ?? [];
      const tracee = Tracee.start({
        file: found.file,
        argv: [found.file, ...args],
        environment: {},
        quiet: true,
      });
      try {
        while (tracee.resume().kind !== 'exit');
        const touched = residentPages(tracee.pid, boot.places.path);
        const [first, ...others] = await alone.counts();
        expect(first?.pages).toBeGreaterThan(5);
        expect(first?.pages).toBeLessThanOrEqual(touched);
        expect(others.map(({ pages }) => pages)).toEqual([0, 0, 0]);
      } finally {
        tracee.end();
      }
      await boot.stop();
    },
  );

  test.each(small)('%s has the memory that provenance says, wherever it is', async (name) => {
    const program = boot.get(name);
    for (const slide of [0n, 5n, 2n ** 20n + 1n].map((units) => units * BigInt(slideUnit))) {
      await boot.serve([slide, slide + BigInt(slideUnit)]);
      const process = atHandoff(program, {
        slides: true,
        look: (tracee) => {
          expectProvenance(program.explained, readPlan(program.image), Number(slide), (address) =>
            tracee.read(address, pageSize),
          );
        },
      });
      expect(new Set(process.shifts)).toEqual(new Set([0, Number(slide)]));
      const predicted = predictPages(program.explained, process, 'place');
      const asked = prefaultedPages(readPlan(program.image)).map((page) => page + Number(slide));
      expect(process.own).toEqual([...new Set([...predicted, ...asked])].sort((a, b) => a - b));
      await boot.stop();
    }
  });

  test('a range of the first that is taken leads to the second', async () => {
    const { program, file, image } = boot.get('exceptions');
    const taken = slideToStack(image);
    const alone = await boot.serve([taken, BigInt(slideUnit), 0n, 0n]);
    const outcome = await runInShell('exec setarch -R "$0"', file, [], { env: debugging });
    expect(outcome).toEqual(await runProgram(program, [], { env: debugging }));
    const counts = await alone.counts();
    expect(counts.map(({ pages }) => pages > 0)).toEqual([false, true, false, false]);
  });
});

/** Pages of a process's mappings of files below a folder that are in memory. */
function residentPages(pid: number, folder: string): number {
  const blocks = readFileSync(`/proc/${pid}/smaps`, 'latin1').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  const ours = blocks.filter((block) => block.split('\n', 1)[0]?.includes(folder));
  return ours.reduce((sum, block) => sum + Number(/^Rss:\s+(\d+) kB$/m.exec(block)?.[1]) / 4, 0);
}

/** A slide by which a module would be where the stack is when nothing is random. */
function slideToStack(image: string): bigint {
  const stackPage = 0x7fff_ffff_e000n;
  const unit = BigInt(slideUnit);
  for (const { address = 0n, length = 0n, alignment } of readPlan(image).rows('regions')) {
    const slide = ((stackPage - address) / unit) * unit;
    if (alignment !== 0n && address + slide + length > stackPage) return slide;
  }
  throw new Error('no module is long enough');
}

test('the mount can be taken away by hand', async () => {
  await boot.serve();
  execFileSync('umount', [boot.places.path]);
  const { program, file } = boot.get('exceptions');
  const { stderr, ...outcome } = await runProgram(file, [], { env: debugging });
  expect({ ...outcome, stderr: '' }).toEqual(await runProgram(program, [], { env: debugging }));
  expect(stderr).toMatch(/handed over.*(nobody serves|who served) the places/);
});
