/** What ld.so says of itself, against what it prints for people and what it does. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { linkerFacts, parseDiagnostics } from '../../src/program/linker-facts.ts';
import { LinkonceError } from '../../src/util/errors.ts';
import { workshop } from './workshop.ts';

const interpreter = '/lib64/ld-linux-x86-64.so.2';
const facts = linkerFacts(interpreter);
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
