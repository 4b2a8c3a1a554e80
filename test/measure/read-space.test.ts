/** The address space of processes under each kind of system, page by page, against the kernel's own counts. */
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, test } from 'vitest';
import { Tracee } from '../../src/capture/ptrace.ts';
import type { Image } from '../../src/image/image.ts';
import type { SpaceRange } from '../../src/measure/address-space.ts';
import { decodeSpace } from '../../src/measure/address-space.ts';
import { bringToMoment } from '../../src/measure/moment.ts';
import { pageRuns, readSpace } from '../../src/measure/read-space.ts';
import { settleFiles } from '../../src/measure/files.ts';
import { withPlaces } from '../../src/pagein/with-places.ts';
import { openProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { pageSize } from '../../src/util/units.ts';
import { whyNoPlaces } from '../pagein/served-programs.ts';
import { testProgram } from '../programs/build.ts';
import { patienceMs } from '../patience.ts';
import { buildVariant, variantOf } from '../../src/systems/build-variant.ts';
import { valueOf } from '../../src/util/outcome.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-space-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = testProgram('exceptions').path;
const subject = openProgram(program, () => undefined);
// It may have been compiled a moment ago: the kernel counts pages of files that are not written back yet as private.
settleFiles(subject.program.modules.map((module) => module.path));

async function build(choice: string, window?: number): Promise<Image> {
  const [id = '', variant = ''] = choice.split(':');
  const output = path.join(folder, `${id}-${variant}`);
  const request = { outputs: [output], folder: `${output}.files`, asInterpreter: false, window };
  const [outcome] = await buildVariant(variantOf(findSystem(id)!, variant), [subject], request);
  const image = valueOf(outcome!);
  settleFiles(image.files);
  return image;
}

interface Seen {
  readonly ranges: readonly SpaceRange[];
  /** Private_Dirty and what is swapped out, kB. */
  readonly privateKb: number;
  /** Rss. */
  readonly residentKb: number;
}

/** At the end of a process. */
async function look({ file, environment }: Image): Promise<Seen> {
  const tracee = Tracee.start({ file, argv: [program], environment, quiet: true });
  try {
    await bringToMoment([{ tracee }], { moment: 'exit', limitMs: patienceMs });
    const rollup = readFileSync(`/proc/${tracee.pid}/smaps_rollup`, 'latin1');
    const kb = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(rollup)?.[1]);
    const ranges = decodeSpace(readSpace(tracee.pid));
    return { ranges, privateKb: kb('Private_Dirty') + kb('Swap'), residentKb: kb('Rss') };
  } finally {
    tracee.end();
  }
}

/** kB of the pages whose state is as asked. */
function sumKb(ranges: readonly SpaceRange[], wanted: (state: string) => boolean): number {
  const runs = ranges.flatMap(({ runs: own }) => own).filter(({ state }) => wanted(state));
  return (runs.reduce((sum, { pages }) => sum + pages, 0) * pageSize) / 1024;
}

const isPrivate = (state: string): boolean => state !== 'absent' && state !== 'shared';

/** Also where modules moved: `install` puts none elsewhere, `rebase-startup` in a small window some, by a slide all. */
const choices: readonly [string, number?][] = [
  ['got-plt:lazy'],
  ['image:single'],
  ['image:partitions'],
  ['prelink:files'],
  ['install:files'],
  ['rebase-startup:collision', 22],
  ['rebase-startup:slide'],
  ['import-page:start-up'],
];

describe('readSpace', () => {
  test.each(choices)('%s: as many private pages as the kernel counts', async (choice, window) => {
    expectAsKernel(await look(await build(choice, window)));
  });

  test.skipIf(whyNoPlaces !== undefined).each(['whole', 'data'])('of a place (%s)', async (variant) => {
    const image = await build(`rebase-page-in:${variant}`);
    const seen = await withPlaces([image], () => look(image));
    expectAsKernel(seen);
    expect(modulesOf(seen)).toEqual(modulesOf(await look(await build('image:single'))));
  });

  it('knows the modules of an image wherever they are', async () => {
    const expected = [...modulesOf(await look(await build('image:single')))];
    expect(expected.map((file) => path.basename(file))).toContain('libc.so.6');
    for (const [choice, window] of choices.slice(2, 7))
      expect(modulesOf(await look(await build(choice, window))), choice).toEqual(new Set(expected));
  });

  it('says who wrote private pages: nobody’s are the linker’s unless it, or the loader for it, relocated them', async () => {
    const reasons = async (choice: string, window?: number): Promise<number> => {
      const { ranges } = await look(await build(choice, window));
      return sumKb(ranges, (state) => state.startsWith('linker'));
    };
    expect(await reasons('image:partitions')).toBe(0);
    expect(await reasons('install:files')).toBe(0);
    expect(await reasons('got-plt:lazy')).toBeGreaterThan(20);
    const byWindow = await reasons('rebase-startup:collision', 22);
    const bySlide = await reasons('rebase-startup:slide');
    expect(byWindow).toBeGreaterThan(0);
    expect(bySlide).toBeGreaterThanOrEqual(byWindow);
  });
});

function expectAsKernel({ ranges, privateKb, residentKb }: Seen): void {
  expect(sumKb(ranges, isPrivate)).toBe(privateKb);
  // The kernel does not count its own mappings, nor the page of zeros.
  const all = sumKb(ranges, (state) => state !== 'absent');
  expect(all).toBeGreaterThanOrEqual(residentKb);
  expect(all).toBeLessThan(residentKb * 1.05 + 40);
}

/** Modules that have memory, of images and by their own files. */
function modulesOf({ ranges }: Seen): ReadonlySet<string> {
  const names = ranges.flatMap(({ area, name, module }) => module ?? (area === 'module' ? [name] : []));
  return new Set(names.sort());
}

test('a process whose modules moved is stopped at its entry, wherever that went', async () => {
  const { file, environment, entry } = await build('rebase-startup:slide');
  expect(entry).toBe('moves');
  const offset = subject.program.executable.elf.header.entry;
  const entries = new Set<number>();
  for (let process = 0; process < 2; process++) {
    const tracee = Tracee.start({ file, argv: [program], environment, quiet: true });
    try {
      const settings = { moment: 'entry', limitMs: patienceMs } as const;
      const [traveller] = await bringToMoment([{ tracee, entry: 'moves' }], settings);
      expect(traveller?.state).toBe('reached');
      const at = tracee.registers().number('rip');
      expect(at % pageSize).toBe(offset % pageSize);
      entries.add(at);
    } finally {
      tracee.end();
    }
  }
  expect(entries.size).toBe(2);
});

describe('pageRuns', () => {
  it('says of every page what it is', () => {
    const states = fc.array(fc.constantFrom('absent', 'shared', 'program', 'linker' as const), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(states, fc.nat(1000), (pages, first) => {
        const start = first * pageSize;
        const there = pages.flatMap((state, index) =>
          state === 'absent' ? [] : [[start + index * pageSize, state] as const],
        );
        const runs = pageRuns(start, start + pages.length * pageSize, new Map(there));
        expect(runs.flatMap(({ pages: count, state }) => Array(count).fill(state) as string[])).toEqual(
          pages,
        );
        expect(runs.some(({ state }, index) => state === runs[index + 1]?.state)).toBe(false);
      }),
    );
  });
});
