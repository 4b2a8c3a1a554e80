/** What a cache says of names: the digests here and those of the loader's code are the same ones, and tell every change that matters. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answersOf } from '../../src/program/cached-answers.ts';
import { cacheFile, parseLdCache } from '../../src/program/ld-cache.ts';
import { attempt } from '../../src/util/outcome.ts';
import { packageRoot } from '../../src/util/native.ts';
import { behindOldTable, madeCache, type MadeEntry } from './made-cache.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-cached-'));
  const source = path.join(packageRoot(), 'test', 'program', 'digests.c');
  const flags = ['-O1', '-w', '-std=gnu11', '-ffreestanding', '-fno-stack-protector', '-nostdlib', '-static'];
  execFileSync('cc', [...flags, '-mno-red-zone', '-fcf-protection=none', '-o', digests(), source]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const digests = (): string => path.join(folder, 'digests');

/** By the loader's code; undefined where it hands over. */
function byLoader(cache: Buffer, names: readonly string[]): bigint[] | undefined {
  const file = path.join(folder, 'cache');
  writeFileSync(file, cache);
  const { status, signal, stdout } = spawnSync(digests(), [file, ...names]);
  expect({ status, signal }).toEqual({ status: status === 0 ? 0 : 1, signal: null });
  if (status !== 0) return undefined;
  return Array.from({ length: stdout.length / 8 }, (_, index) => stdout.readBigUInt64LE(index * 8));
}

function here(cache: Buffer, names: readonly string[]): bigint[] | undefined {
  const parsed = attempt(() => parseLdCache(cache, 'cache'));
  return 'value' in parsed ? answersOf(parsed.value, names).map(({ digest }) => digest) : undefined;
}

const entries: readonly MadeEntry[] = [
  { name: 'libz.so.1', path: '/lib/libz.so.1' },
  { name: 'libx.so.10', path: '/lib/libx.so.10' },
  { name: 'libx.so.9', path: '/lib/libx.so.9' },
  { name: 'liba.so', path: '/lib/glibc-hwcaps/x86-64-v3/liba.so', hwcap: (1n << 62n) | (2n << 32n) },
  { name: 'liba.so', path: '/lib/liba.so' },
];
const names = ['liba.so', 'libx.so.9', 'libx.so.09', 'libnone.so', 'libz.so.1'];
const folders = ['x86-64-v3', 'x86-64-v4'];
const whole = madeCache(entries, folders);

describe('the digests of the loader and these are the same', () => {
  test.skipIf(!existsSync(cacheFile))("of this machine's cache, for all of its names", () => {
    const cache = readFileSync(cacheFile);
    const all = [...new Set(parseLdCache(cache, cacheFile).entries.map(({ name }) => name))];
    expect(byLoader(cache, all)).toEqual(here(cache, all));
  });

  test('of both layouts', () => {
    expect(byLoader(whole, names)).toEqual(here(whole, names));
    expect(byLoader(behindOldTable(whole), names)).toEqual(here(whole, names));
  });

  test('of any names, in any order', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '0', '1', '9', '.', '\x80'), maxLength: 6 });
    const asked = fc.array(
      name.filter((each) => each !== ''),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(fc.array(name, { maxLength: 12 }), asked, (listed, wanted) => {
        const cache = madeCache(listed.map((each, index) => ({ name: each, path: `/${String(index)}` })));
        const all = [...wanted, ...listed.filter((each) => each !== '')];
        expect(byLoader(cache, all)).toEqual(here(cache, all));
      }),
      { numRuns: 100 },
    );
  });

  test('of a damaged cache, or the loader hands over', () => {
    const change = fc.record({ at: fc.nat(), value: fc.nat(127) });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 4 }),
        fc.nat(whole.length),
        fc.boolean(),
        (changes, cut, old) => {
          const bytes = old ? behindOldTable(whole) : Buffer.from(whole);
          for (const { at, value } of changes) bytes[at % bytes.length] = value;
          const cache = bytes.subarray(0, changes.length > 0 ? undefined : cut);
          const [found, expected] = [byLoader(cache, names), here(cache, names)];
          if (found && expected) expect(found).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('whatever the file is made of, the loader ends', () => {
    const magics = fc.constantFrom('glibc-ld.so.cache1.1', 'ld.so-1.7.0\0', '');
    fc.assert(
      fc.property(magics, fc.uint8Array({ maxLength: 200 }), (magic, rest) => {
        byLoader(Buffer.concat([Buffer.from(magic), rest]), names);
      }),
      { numRuns: 200 },
    );
  });
});

describe('of a name', () => {
  const answers = (...args: Parameters<typeof madeCache>): bigint[] | undefined =>
    byLoader(madeCache(...args), ['liba.so']);
  const before = [entries, folders] as const;

  test('what is in the cache of others says nothing', () => {
    const other = { name: 'libnew.so', path: '/lib/libnew.so' };
    const renewed = entries.map((each) => (each.name === 'libz.so.1' ? { ...each, path: '/other' } : each));
    expect(answers([...renewed, other], folders)).toEqual(answers(...before));
    const second = entries.map((each) =>
      each.hwcap === undefined ? each : { ...each, hwcap: each.hwcap + 1n },
    );
    expect(answers(second, ['x86-64-v2', ...folders])).toEqual(answers(...before));
  });

  test('folders that are not sorted have the loader hand over', () => {
    expect(answers(entries, folders.toReversed())).toBeUndefined();
    expect(here(madeCache(entries, folders.toReversed()), names)).toBeUndefined();
  });

  test.each<[string, readonly MadeEntry[], readonly string[]]>([
    ['a path', entries.map((each) => ({ ...each, path: `${each.path}x` })), before[1]],
    ['a level', entries.map((each) => ({ ...each, hwcap: (each.hwcap ?? 0n) + (1n << 32n) })), before[1]],
    ['a kind', entries.map((each) => ({ ...each, flags: 3 })), before[1]],
    ['one more', [{ name: 'liba.so', path: '/first/liba.so' }, ...entries], before[1]],
    ['one less', entries.slice(0, -1), before[1]],
    ['none', entries.slice(0, 3), before[1]],
    ['the order of equal names', entries.toReversed(), before[1]],
    ['another folder', entries, ['x86-64-v2', 'x86-64-v4']],
    ['no folder', entries, []],
  ])('%s is told', (_, changed, hwcaps) => {
    expect(answers(changed, hwcaps)).not.toEqual(answers(...before));
  });
});
