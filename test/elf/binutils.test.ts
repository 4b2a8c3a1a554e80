/** The reader against readelf and objdump: a sample of the machine's files, and small ones of every kind. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compareFile } from './compare.ts';
import { compile, everything } from './fixture.ts';

const sample = [
  '/usr/bin/git',
  '/usr/bin/ls',
  '/usr/bin/perl',
  '/usr/bin/python3',
  '/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
  '/usr/lib/x86_64-linux-gnu/libc.so.6',
  '/usr/lib/x86_64-linux-gnu/libm.so.6',
  '/usr/lib/x86_64-linux-gnu/libstdc++.so.6',
  '/usr/lib/x86_64-linux-gnu/crt1.o',
  '/usr/sbin/ldconfig',
];

describe('files of this machine', () => {
  test.each(sample.filter(existsSync))('%s', (file) => {
    expect(compareFile(file).differences).toEqual([]);
  });
});

const shared = ['-shared', '-fPIC'];
const kinds: Record<string, readonly string[]> = {
  'lazy-pie': ['-fPIE', '-pie', '-Wl,-z,lazy'],
  'now-pie': ['-fPIE', '-pie', '-Wl,-z,now'],
  'fixed-address': ['-fno-pie', '-no-pie'],
  'static': ['-static'],
  'static-pie': ['-static-pie', '-fPIE'],
  'object': ['-c'],
  'library': shared,
  'no-plt': [...shared, '-fno-plt'],
  'ibt': [...shared, '-fcf-protection', '-Wl,-z,ibtplt', '-Wl,-z,lazy'],
  'relr': [...shared, '-Wl,-z,pack-relative-relocs'],
  'sysv-hash': [...shared, '-Wl,--hash-style=sysv'],
  'both-hashes': [...shared, '-Wl,--hash-style=both'],
  'tls-descriptors': [...shared, '-mtls-dialect=gnu2'],
  'no-frame-header': [...shared, '-Wl,--no-eh-frame-hdr'],
}; // prettier-ignore

describe('files of every kind', () => {
  test.each(Object.keys(kinds))('%s', (kind) => {
    const file = compile(`kind-${kind}`, everything, ...kinds[kind]!);
    const { differences, lines } = compareFile(file);
    expect(differences).toEqual([]);
    expect(lines.header).toBeGreaterThan(10);
  });

  test('32-bit addresses', () => {
    expect(compareFile(compile('kind-x32', 'int x;', '-mx32', '-c')).differences).toEqual([]);
  });
});
