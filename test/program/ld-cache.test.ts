/** The cache of ld.so: this machine's own, and made ones, whole and damaged. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cacheLookup } from '../../src/program/ld-cache-lookup.ts';
import { parseLdCache } from '../../src/program/ld-cache.ts';
import type { LinkerFacts } from '../../src/program/linker-facts.ts';
import { LinkonceError } from '../../src/util/errors.ts';
import { behindOldTable, madeCache } from './made-cache.ts';

const facts: LinkerFacts = {
  systemDirectories: ['/lib/'],
  lib: 'lib',
  platform: 'x86_64',
  hwcaps: ['x86-64-v3', 'x86-64-v2'],
  legacy: { subdirectories: [], hwcap: 2n, platformBit: undefined },
};

const named = (index: number, level = 0): bigint => (1n << 62n) | (BigInt(level) << 32n) | BigInt(index);
const lookup = (bytes: Buffer) => cacheLookup(parseLdCache(bytes, 'cache'), facts);

describe.skipIf(!existsSync('/etc/ld.so.cache'))("this machine's cache", () => {
  const cache = parseLdCache(readFileSync('/etc/ld.so.cache'), '/etc/ld.so.cache');

  test('has what ldconfig prints', () => {
    const printed = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
    const entries = Array.from(
      printed.matchAll(/^\t(\S+) \(.*\) => (.*)$/gm),
      ([, name, path]) => `${name} ${path}`,
    );
    expect(cache.entries.map(({ name, path }) => `${name} ${path}`)).toEqual(entries);
  });

  test('leads to the C library', () => {
    expect(cacheLookup(cache, facts)('libc.so.6')).toMatch(/\/libc\.so\.6$/);
  });
});

describe('what is taken for a name', () => {
  test('nothing for an unknown one', () => {
    expect(lookup(madeCache([]))('liba.so')).toBeUndefined();
  });

  test('numbers count by value', () => {
    expect(lookup(madeCache([{ name: 'liba.so.1', path: '/lib/liba.so.1' }]))('liba.so.01')).toBe(
      '/lib/liba.so.1',
    );
  });

  test('only libraries for x86-64', () => {
    const entries = [
      { name: 'liba.so', path: '/lib32/liba.so', flags: 3 },
      { name: 'liba.so', path: '/lib64/liba.so' },
    ];
    expect(lookup(madeCache(entries))('liba.so')).toBe('/lib64/liba.so');
  });

  test('the best processor level that can be used', () => {
    const entries = [
      { name: 'liba.so', path: '/lib/glibc-hwcaps/x86-64-v2/liba.so', hwcap: named(0, 1) },
      { name: 'liba.so', path: '/lib/glibc-hwcaps/x86-64-v3/liba.so', hwcap: named(1, 2) },
      { name: 'liba.so', path: '/lib/glibc-hwcaps/x86-64-v4/liba.so', hwcap: named(2, 3) },
      { name: 'liba.so', path: '/lib/liba.so' },
      { name: 'libb.so', path: '/lib/glibc-hwcaps/x86-64-v4/libb.so', hwcap: named(2, 3) },
      { name: 'libb.so', path: '/lib/libb.so' },
      { name: 'libc.so', path: '/lib/glibc-hwcaps/x86-64-v3/libc.so', hwcap: named(1, 3) },
    ];
    const find = lookup(madeCache(entries, ['x86-64-v2', 'x86-64-v3', 'x86-64-v4']));
    expect(find('liba.so')).toBe('/lib/glibc-hwcaps/x86-64-v3/liba.so');
    expect(find('libb.so')).toBe('/lib/libb.so');
    // In the directory of a level that the processor has, but marked as needing more.
    expect(find('libc.so')).toBeUndefined();
  });

  test('capabilities of the time before glibc 2.33, which 2.37 does not know', () => {
    const entries = [
      { name: 'liba.so', path: '/lib/avx512_1/liba.so', hwcap: 4n },
      { name: 'liba.so', path: '/lib/haswell/liba.so', hwcap: 1n << 48n },
      { name: 'liba.so', path: '/lib/tls/liba.so', hwcap: 1n << 63n },
      { name: 'liba.so', path: '/lib/liba.so' },
    ];
    const cache = parseLdCache(madeCache(entries), 'cache');
    const find = (legacy: LinkerFacts['legacy']) => cacheLookup(cache, { ...facts, legacy })('liba.so');
    expect(find(facts.legacy)).toBe('/lib/tls/liba.so');
    expect(find({ subdirectories: [], hwcap: 2n, platformBit: 1n << 48n })).toBe('/lib/haswell/liba.so');
    expect(find(undefined)).toBe('/lib/liba.so');
  });

  test('a table of the old format before it is passed over, and what is behind the entries found', () => {
    const entries = [
      { name: 'liba.so', path: '/lib/liba.so' },
      { name: 'liba.so', path: '/lib/glibc-hwcaps/x86-64-v3/liba.so', hwcap: named(0, 2) },
    ];
    const bytes = behindOldTable(madeCache(entries, ['x86-64-v3']));
    expect(lookup(bytes)('liba.so')).toBe('/lib/glibc-hwcaps/x86-64-v3/liba.so');
  });
});

describe('a damaged cache', () => {
  test.each<[string, Buffer, string]>([
    ['empty', Buffer.alloc(0), 'cache: ends before offset 20'],
    ['another format', Buffer.alloc(64), 'cache: is no ld.so.cache of format 1.1'],
    ['cut', madeCache([{ name: 'a', path: 'b' }]).subarray(0, 60), 'cache: ends before offset 72'],
  ])('%s', (_, bytes, message) => {
    expect(() => parseLdCache(bytes, 'cache')).toThrow(new LinkonceError(message));
  });

  test('gives a value or one line, whatever is changed', () => {
    const whole = madeCache(
      [
        { name: 'liba.so', path: '/lib/liba.so', hwcap: named(0, 1) },
        { name: 'libb.so', path: '/lib/libb.so' },
      ],
      ['x86-64-v2'],
    );
    const change = fc.record({ at: fc.nat(whole.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(whole.length), (changes, length) => {
        const bytes = Buffer.from(whole);
        for (const { at, value } of changes) bytes[at] = value;
        onlyLinkonceErrors(() => lookup(bytes.subarray(0, length))('liba.so'));
      }),
      { numRuns: 3000 },
    );
  });

  test('gives a value or one line, whatever it is made of', () => {
    const magics = fc.constantFrom('glibc-ld.so.cache1.1', 'ld.so-1.7.0\0', '');
    fc.assert(
      fc.property(magics, fc.uint8Array({ maxLength: 200 }), (magic, rest) => {
        onlyLinkonceErrors(() => lookup(Buffer.concat([Buffer.from(magic), rest]))('liba.so'));
      }),
      { numRuns: 2000 },
    );
  });
});

function onlyLinkonceErrors(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
  }
}
