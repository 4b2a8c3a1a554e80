/**
 * Several programs in one build: each runs as under the platform's linker, all map the same files, and what stands at the
 * handoff point is, page by page, what the explained captures say for these addresses.
 */
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MapsLine } from '../../src/capture/memory-map.ts';
import { readMaps } from '../../src/capture/memory-map.ts';
import { Tracee } from '../../src/capture/ptrace.ts';
import { defaultGap } from '../../src/files/member-filing.ts';
import { plannedActions } from '../../src/image/actions.ts';
import type { Image } from '../../src/image/image.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { placedLayout, regionShift } from '../../src/provenance/layout.ts';
import { materialize } from '../../src/provenance/materialize.ts';
import { originalPage } from '../../src/provenance/region-pages.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { pageSize, roundDown } from '../../src/util/units.ts';
import { reasonToHandOver } from '../contract/workplace.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import type { TestSubject } from './subjects.ts';
import { testSubject } from './subjects.ts';
import { runToHandoff } from '../image/follow-loader.ts';
import { ownWords } from '../image/own-words.ts';
import { moduleRows } from '../image/module-rows.ts';
import { buildVariant, variantOf } from '../../src/systems/build-variant.ts';
import { valueOf } from '../../src/util/outcome.ts';

const forms = [
  ['image', 'partitions'],
  ['prelink', 'files'],
  ['install', 'files'],
  ['fixed', 'files'],
] as const;

/** Small ones, one with fixed addresses and one with libraries of its own among them; and what is installed. */
const small = ['threads', 'exceptions', 'copy-relocation', 'iostream'];
const everyday: readonly (readonly [string, readonly string[]])[] = [
  ['/usr/bin/git', ['--version']],
  ['/usr/bin/perl', ['-e', 'print 6 * 7']],
  ['/usr/bin/sqlite3', [':memory:', 'select 6 * 7']],
];

interface Member {
  readonly name: string;
  readonly subject: TestSubject;
  readonly args: readonly string[];
}

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-shared-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const members: readonly Member[] = [
  ...small.map(testProgram).map(({ path: file, args }) => ({ file, args })),
  ...everyday.map(([file, args]) => ({ file, args })).filter(({ file }) => existsSync(file)),
].map(({ file, args }) => ({ name: path.basename(file), subject: testSubject(file), args }));

describe.each(forms)('%s:%s', (id, variant) => {
  const images: Image[] = [];
  const shared = path.join(folder, id);

  beforeAll(async () => {
    const outcomes = await buildVariant(
      variantOf(findSystem(id)!, variant),
      members.map(({ subject }) => subject),
      {
        outputs: members.map(({ name }) => path.join(folder, `${name}.${id}`)),
        folder: shared,
        asInterpreter: false,
      },
    );
    images.push(...outcomes.map(valueOf));
  });

  /** Programs that this machine does not keep from running from their images. */
  const served = (): readonly Image[] => images.filter((image) => reasonToHandOver(image) === undefined);

  test.for(members.map(({ name }, index) => [name, index] as const))(
    '%s runs',
    async ([, index], { skip }) => {
      const { subject, args } = members[index]!;
      const reason = reasonToHandOver(images[index]!);
      if (reason !== undefined) skip(reason);
      const settings = { env: { ...environment, LINKONCE_DEBUG: '1' } };
      const own = await runProgram(images[index]!.file, args, settings);
      expect(own).toEqual(await runProgram(subject.program.invocation, args, settings));
    },
  );

  test.for(members.map(({ name }, index) => [name, index] as const))(
    '%s has the memory that its explanation gives',
    async ([, index], { skip }) => {
      const { subject, args } = members[index]!;
      const reason = reasonToHandOver(images[index]!);
      if (reason !== undefined) skip(reason);
      // The captures of this order, had another form been built last.
      await subject.explained(orderIn(images[index]!));
      atHandoff(images[index]!, args, (tracee) => {
        expect(comparePages(tracee, images[index]!, subject)).toBeGreaterThan(400);
      });
    },
  );

  test('all map the same files for the same modules', () => {
    const maps = served().map((image) => atHandoff(image, [], (tracee) => readMaps(tracee.pid)));
    const libc = moduleRange(images[0]!, /\/libc\.so\.6$/);
    const codes = maps.map((lines) =>
      lines.find((line) => line.start < libc.end && line.end > libc.start && (line.protection & 4) !== 0),
    );
    for (const line of codes) expect(line).toMatchObject({ name: codes[0]!.name });
    for (const lines of maps) {
      const own = lines.filter(({ name }) => name.startsWith(`${shared}/`));
      expect(own).not.toHaveLength(0);
    }
  });

  test("a page of libc's that equals the stored one is mapped from there, but in gaps between others", () => {
    const stored: string[] = [];
    for (const image of served()) {
      const range = moduleRange(image, /\/libc\.so\.6$/);
      const pages = atHandoff(image, [], (tracee) => mappedPages(readMaps(tracee.pid), range));
      const home = homeOf(pages, range);
      if (!home) continue;
      stored.push(home.name);
      const differing = pages.filter(
        (page) => !page.bytes.equals(readPage(home.name, home.offset + page.address)),
      );
      const elsewhere = pages.filter(
        (page) => page.name !== home.name && !differing.includes(page) && page.name.startsWith(folder),
      );
      for (const { address } of elsewhere) expect(isInGap(address, differing)).toBe(true);
      expect(pages.filter(({ name }) => name === home.name).length).toBeGreaterThan(4);
    }
    expect(new Set(stored).size).toBe(1);
    expect(stored).toHaveLength(served().length);
  });
});

interface Range {
  readonly start: number;
  readonly end: number;
}

function moduleRange(image: Image, name: RegExp): Range {
  const plan = readPlan(`${image.file}.image`);
  const row = moduleRows(plan).find((each) => name.test(plan.text(each.path ?? 0n)));
  if (!row) throw new Error(`no module ${String(name)}`);
  const start = Number(row.address);
  return { start, end: start + Number(row.length) };
}

/** Paths of an image's movable modules by their addresses. */
function orderIn(image: Image): string[] {
  const plan = readPlan(`${image.file}.image`);
  return moduleRows(plan)
    .filter(({ address }) => (address ?? 0n) > 0x1000_0000_0000n)
    .sort((a, b) => Number(a.address) - Number(b.address))
    .map((row) => plan.text(row.path ?? 0n));
}

/** Runs a launcher to the handoff point and looks. */
function atHandoff<T>(image: Image, args: readonly string[], look: (tracee: Tracee) => T): T {
  const argv = [image.file, ...args];
  const tracee = Tracee.start({ file: image.file, argv, environment, quiet: true });
  try {
    runToHandoff(tracee, readPlan(`${image.file}.image`));
    return look(tracee);
  } finally {
    tracee.end();
  }
}

/** Compares every readable page with the explanation; answers how many there were. */
function comparePages(tracee: Tracee, image: Image, subject: TestSubject): number {
  const plan = readPlan(`${image.file}.image`);
  const rseq = Number(plannedActions(plan, 'registerRseq')[0]?.value ?? 0n);
  const explained = subject.last();
  const addresses = new Map(moduleRows(plan).map((row) => [plan.text(row.path ?? 0n), Number(row.address)]));
  const headEnd = Number(plan.header.loader_address + plan.header.loader_size);
  const { layout } = placedLayout(explained, addresses, headEnd);
  const moved = materialize(explained, layout);
  const heap = readMaps(tracee.pid).find(({ name }) => name === '[heap]');
  let compared = 0;
  explained.regions.forEach(({ region }, index) => {
    const shift =
      region.kind === 'heap' ? (heap?.start ?? 0) - region.start : regionShift(explained, layout, index);
    const open = openBytes(subject, index, rseq - shift);
    for (const mapping of region.mappings) {
      if ((mapping.protection & 1) === 0) continue;
      for (let page = mapping.start; page < mapping.end; page += pageSize) {
        const expected = Buffer.from(moved[index]?.get(page) ?? originalPage(region, page));
        const actual = tracee.read(page + shift, pageSize);
        for (const at of open.get(page) ?? []) actual[at] = expected[at] ?? 0;
        if (!actual.equals(expected))
          expect.fail(`${region.module?.path ?? region.kind}: page 0x${page.toString(16)}`);
        compared++;
      }
    }
  });
  return compared;
}

/** struct rseq of linux/rseq.h up to what glibc registers. */
const rseqLength = 32;

/** Bytes of a region that are not the linker's: by page, offsets in there. */
function openBytes(subject: TestSubject, index: number, rseq: number): ReadonlyMap<number, number[]> {
  const ranges = [
    ...ownWords(subject.last())
      .filter(({ region }) => region === index)
      .map(({ address, width }) => [address, width] as const),
    [rseq, rseqLength] as const,
  ];
  const open = new Map<number, number[]>();
  for (const [address, width] of ranges)
    for (let at = address; at < address + width; at++) {
      const page = roundDown(at);
      open.set(page, [...(open.get(page) ?? []), at - page]);
    }
  return open;
}

interface MappedPage {
  readonly address: number;
  /** The file, and what stands there in it: without what the process wrote. */
  readonly name: string;
  readonly offset: number;
  readonly bytes: Buffer;
}

function mappedPages(maps: readonly MapsLine[], { start, end }: Range): MappedPage[] {
  return maps
    .filter((line) => line.start < end && line.end > start && line.name.startsWith('/'))
    .flatMap((line) =>
      Array.from({ length: (line.end - line.start) / pageSize }, (_, index): MappedPage => {
        const address = line.start + index * pageSize;
        const offset = line.offset + index * pageSize;
        return { address, name: line.name, offset, bytes: readPage(line.name, offset) };
      }),
    );
}

/** The shared file that holds most of a module, and what to add to an address for its offset. */
function homeOf(pages: readonly MappedPage[], range: Range): { name: string; offset: number } | undefined {
  const inFolder = pages.filter(
    ({ name, address }) => path.dirname(name).startsWith(`${folder}/`) && address < range.end,
  );
  const counts = new Map<string, number>();
  for (const { name, offset, address } of inFolder) {
    const key = `${name}\0${String(offset - address)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  if (!most) return undefined;
  const [name = '', offset = ''] = most[0].split('\0');
  return { name, offset: Number(offset) };
}

/** Whether differing pages lie on both sides, with at most the default gap between the two. */
function isInGap(address: number, differing: readonly MappedPage[]): boolean {
  const places = differing.map((page) => page.address);
  const below = Math.max(...places.filter((place) => place < address));
  const above = Math.min(...places.filter((place) => place > address));
  return (above - below) / pageSize - 1 <= defaultGap;
}

function readPage(file: string, offset: number): Buffer {
  const bytes = Buffer.alloc(pageSize);
  const opened = openSync(file, 'r');
  readSync(opened, bytes, 0, pageSize, offset);
  closeSync(opened);
  return bytes;
}
