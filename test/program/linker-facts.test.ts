/** What ld.so says of itself, against what it prints for people and what it does. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { linkerFacts, parseDiagnostics } from '../../src/program/ask-linker.ts';
import { parseSearch, traceSearch } from '../../src/program/search-trace.ts';
import { LinkonceError, Refusal } from '../../src/util/errors.ts';
import { workshop } from './workshop.ts';

const interpreter = '/lib64/ld-linux-x86-64.so.2';
const facts = linkerFacts(interpreter, '/bin/true', []);
const shop = workshop();

test('directories and processor levels are those of --help', () => {
  const help = execFileSync(interpreter, ['--help'], { env: {}, encoding: 'utf8' });
  const directories = Array.from(
    help.matchAll(/^ {2}(\/.*) \(system search path\)$/gm),
    ([, name]) => `${name!}/`,
  );
  const levels = Array.from(help.matchAll(/^ {2}(x86-64-v\d+) \(.*searched\)$/gm), ([, name]) => name!);
  expect(facts.systemDirectories).toEqual(directories);
  expect(facts.hwcaps).toEqual(levels);
});

test('subdirectories are those that it searches, in that order', () => {
  const directory = path.join(shop.directory, 'search');
  mkdirSync(directory);
  const env = { LD_DEBUG: 'libs', LD_LIBRARY_PATH: directory };
  const { stderr } = spawnSync('/bin/true', [], { env, encoding: 'utf8' });
  const searched = /search path=(\S*)/.exec(stderr)![1]!.split(':');
  const levels = facts.hwcaps.map((name) => `glibc-hwcaps/${name}`);
  const legacy = (facts.legacy?.subdirectories ?? []).map((name) => name.slice(0, -1));
  expect(searched).toEqual([...levels, ...legacy, ''].map((name) => path.join(directory, name)));
});

test('a glibc without the old subdirectories', () => {
  const text = [
    'dl_dst_lib="lib64"',
    'dl_hwcap=0x2',
    'dl_hwcaps_subdirs="x86-64-v4:x86-64-v3:x86-64-v2"',
    'dl_hwcaps_subdirs_active=0x4',
    'dl_platform="haswell"',
    'path.system_dirs[0x0]="/lib64/"',
    'path.system_dirs[0x1]="/usr/lib64/"',
  ];
  expect(parseDiagnostics(text.join('\n'), 'ld.so')).toEqual({
    systemDirectories: ['/lib64/', '/usr/lib64/'],
    lib: 'lib64',
    platform: 'haswell',
    hwcaps: ['x86-64-v2'],
    legacy: undefined,
  });
});

test('what is not said is named', () => {
  expect(() => parseDiagnostics('dl_dst_lib="lib64"\n', 'ld.so')).toThrow(
    new LinkonceError('ld.so: its diagnostics lack dl_platform'),
  );
});

test('where it searches says the same as its diagnostics', () => {
  const traced = parseSearch(traceSearch(interpreter, '/bin/true', {}), interpreter);
  const { systemDirectories, lib, platform, hwcaps, legacy } = facts;
  expect(traced).toMatchObject({ systemDirectories, lib, platform });
  const levels = hwcaps.map((name) => `glibc-hwcaps/${name}/`);
  expect(traced.legacy?.subdirectories).toEqual([...levels, ...(legacy?.subdirectories ?? [])]);
});

/** What glibc 2.31 prints of a search, in part; `system` stands for its own directories. */
function trace(system: string): string {
  const own = '/linkonce-is-nowhere/lib/x86_64-linux-gnu/haswell';
  return [
    `      7:\tfind library=linkonce-is-nowhere.so [0]; searching`,
    `      7:\t search path=${own}/tls/haswell:${own}/tls:${own}/haswell/x86_64:${own}\t\t(LD_LIBRARY_PATH)`,
    `      7:\t  trying file=${own}/tls/haswell/linkonce-is-nowhere.so`,
    `      7:\t search path=${system}\t\t(system search path)`,
    `      7:\tfind library=libc.so.6 [0]; searching`,
    `      7:\t search path=/lib\t\t(system search path)`,
  ].join('\n');
}

test('a glibc that only shows where it searches', () => {
  const system = '/lib/tls/haswell:/lib/tls:/lib/haswell/x86_64:/lib';
  expect(parseSearch(trace(system), 'ld.so')).toEqual({
    systemDirectories: ['/lib/'],
    lib: 'lib/x86_64-linux-gnu',
    platform: 'haswell',
    hwcaps: [],
    legacy: {
      subdirectories: ['tls/haswell/', 'tls/', 'haswell/x86_64/'],
      hwcap: 0n,
      platformBit: 1n << 50n,
    },
  });
});

test.each(['', '/lib', '/lib/tls:/lib', '/lib/tls/haswell:/lib/tls:/lib/haswell:/lib'])(
  'a trace that does not list every directory: %j',
  (system) => {
    expect(() => parseSearch(trace(system), 'ld.so')).toThrow(
      new Refusal('ld.so does not say how it searches'),
    );
  },
);
