/**
 * Code that knows no addresses: the same program bound twice, at bases that are drawn at random, has the same bytes in the
 * executable segments of all its modules' stored files, and in the areas where these hold numbers, entries or distances only.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readElf } from '../../src/elf/read-elf.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import type { SyntheticSet } from '../../src/synthetic/build-set.ts';
import { moduleRows } from '../image/module-rows.ts';
import { Binder, syntheticSet } from './bound-set.ts';
import type { Smap } from './smaps.ts';
import { atExit, readSmaps } from './smaps.ts';

const binder = new Binder();
let set: SyntheticSet;
beforeAll(async () => {
  set = await syntheticSet({ modules: 6, shape: 'tree', plt: true });
});
afterAll(() => {
  binder.remove();
});

interface StoredModule {
  readonly start: number;
  /** Bytes of its executable segments, and of its area, as they stand in files. */
  readonly code: Buffer;
  readonly area: Buffer;
}

/** By the module's path. */
async function bindAndRead(form: string): Promise<ReadonlyMap<string, StoredModule>> {
  const image = await binder.bind(set.executable, form);
  const maps = await atExit(image, (tracee) => readSmaps(tracee));
  const plan = readPlan(`${image.file}.image`);
  return new Map(
    moduleRows(plan).map((row) => {
      const file = plan.text(row.path ?? 0n);
      return [file, storedModule(file, Number(row.address), maps)];
    }),
  );
}

function storedModule(file: string, start: number, maps: readonly Smap[]): StoredModule {
  const segments = readElf(file).segments.filter(({ type, flags }) => type === 1 && (flags & 1) !== 0);
  const parts = segments.map(({ address, fileSize }) => fromFiles(start + address, fileSize, maps));
  expect(parts.length).toBeGreaterThan(0);
  const before = maps.find((each) => each.start < start && each.end >= start);
  const area = before ? fromFiles(before.start, start - before.start, maps) : Buffer.alloc(0);
  return { start, code: Buffer.concat(parts), area };
}

/** What the mapped files have for a range of addresses. */
function fromFiles(address: number, size: number, maps: readonly Smap[]): Buffer {
  const map = maps.find(({ start, end }) => address >= start && address + size <= end);
  if (!map) throw new Error(`0x${address.toString(16)} is in no mapping`);
  const from = map.offset + address - map.start;
  return readFileSync(map.name).subarray(from, from + size);
}

async function expectSame(form: string, areas: boolean): Promise<void> {
  const [one, two] = [await bindAndRead(form), await bindAndRead(form)];
  expect([...two.keys()]).toEqual([...one.keys()]);
  expect(one.size).toBe(9);
  for (const [file, module] of one) {
    const other = two.get(file)!;
    const name = path.basename(file);
    expect({ name, moved: other.start !== module.start }).toEqual({ name, moved: true });
    expect({ name, same: other.code.equals(module.code) }).toEqual({ name, same: true });
    if (areas) expect({ name, same: other.area.equals(module.area) }).toEqual({ name, same: true });
  }
  const withArea = [...one.values()].filter(({ area }) => area.length > 0);
  if (areas) expect(withArea.length).toBeGreaterThanOrEqual(3);
}

describe('code and area', () => {
  test.each([
    ...['dispatcher:jump', 'dispatcher:trap', 'dispatcher:count'],
    ...['offset-table:mask', 'offset-table:window', 'offset-table:segment'],
    ...['hash-dispatcher:constant', 'hash-dispatcher:movable'],
  ])('%s', async (form) => {
    await expectSame(form, true);
  });
});

describe('code alone, as entries hold addresses, or words are in the table', () => {
  test.each(['import-page:cache', 'import-page:shared', 'offset-table:global'])('%s', async (form) => {
    await expectSame(form, false);
  });
});

test('the code of a module differs from what was compiled', async () => {
  const [file] = set.libraries;
  const { code } = (await bindAndRead('dispatcher:jump')).get(file!)!;
  const [segment] = readElf(file!).segments.filter(({ flags }) => (flags & 1) !== 0);
  const from = segment!.offset;
  expect(code.equals(readFileSync(file!).subarray(from, from + code.length))).toBe(false);
});
