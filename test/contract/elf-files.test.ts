/** What is written for a program are ELF files: binutils, elfutils and our own reader take them, and name every function of its modules. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ElfFile } from '../../src/elf/elf-file.ts';
import { readElf } from '../../src/elf/read-elf.ts';
import type { DecodedPlan } from '../../src/image/plan.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { hex, roundDown } from '../../src/util/units.ts';
import { compareFile } from '../elf/compare.ts';
import { moduleRows } from '../image/module-rows.ts';
import { hasTrailer } from './tampering.ts';
import type { Workplace } from './workplace.ts';
import { createWorkplace } from './workplace.ts';

/** Each way in which files of ours come to hold code. */
const forms = [
  'image:single',
  'image:merged',
  'image:partitions',
  'image:direct',
  'install:files',
  'fixed:files',
  'dispatcher:jump',
  'hash-address:global',
  'import-page:shared',
  'rebase-page-in:whole',
];

interface Symbol {
  readonly value: number;
  readonly size: number;
  readonly section: number;
  readonly name: string;
}

/** The functions that a table of a file has, by readelf. */
function functions(file: string, table: '--dyn-syms' | '--syms'): Symbol[] {
  const text = execFileSync('readelf', ['-W', table, '--', file], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const row = /^ *\d+: ([0-9a-f]+) +(\S+) (?:FUNC|IFUNC) +\S+ +\S+ +(\d+) (\S+)/gm;
  return [...text.matchAll(row)].map(([, value = '', size, section, name = '']) => ({
    value: Number.parseInt(value, 16),
    size: Number(size),
    section: Number(section),
    name: name.replace(/@.*/, ''),
  }));
}

/** Those of a module: of .symtab where it has one. */
function moduleFunctions(file: string): Symbol[] {
  const all = functions(file, '--syms');
  return all.length > 0 ? all : functions(file, '--dyn-syms');
}

/** Where each module is in processes. */
function loadBiases(plan: DecodedPlan): ReadonlyMap<string, number> {
  const bias = (file: string, address: bigint): number => {
    const first = readElf(file).segments.find(({ type }) => type === 1);
    return Number(address) - roundDown(first?.address ?? 0);
  };
  return new Map(
    moduleRows(plan).map((row) => [
      plan.text(row.path ?? 0n),
      bias(plan.text(row.path ?? 0n), row.address ?? 0n),
    ]),
  );
}

const key = (name: string, value: number): string => `${name} ${hex(value)}`;

describe.each(forms)('%s', (form) => {
  let place: Workplace;
  let written: readonly string[];
  let compressed: boolean;
  beforeAll(async () => {
    place = await createWorkplace({ form });
    compressed = form.startsWith('rebase-page-in');
    const isImage = (file: string): boolean => file.endsWith('.image');
    const files = place.files.filter((file) => !hasTrailer(file));
    written = compressed ? files.filter(isImage) : files;
  });
  afterAll(() => place.remove());

  const image = (): string => written.find((file) => file.endsWith('.image'))!;
  const named = (): { readonly file: string; readonly symbols: readonly Symbol[] }[] =>
    written.map((file) => ({ file, symbols: functions(file, '--syms') }));

  test('readelf, eu-readelf and our own reader take each of them', () => {
    expect(written).not.toHaveLength(0);
    for (const file of written) {
      for (const tool of ['readelf', 'eu-readelf']) {
        const read = spawnSync(tool, ['-l', '-S', '-s', '-n', '--', file], {
          encoding: 'utf8',
          maxBuffer: 2 ** 28,
        });
        expect({ file, stderr: read.stderr, status: read.status }).toEqual({ file, stderr: '', status: 0 });
        expect(read.stdout).toContain('Build ID: ');
      }
      // Frames have no section here, and binutils look nowhere else.
      const differences = compareFile(file).differences.filter((line) => !line.startsWith('functionRanges'));
      expect(differences).toEqual([]);
    }
  });

  test('the build id is that of the content', () => {
    for (const file of written) {
      const { buildId, bytes } = readElf(file);
      const id = Buffer.from(buildId ?? '', 'hex');
      const at = bytes.indexOf(id);
      const content = Buffer.from(readFileSync(file)).fill(0, at, at + id.length);
      expect(createHash('sha1').update(content).digest('hex')).toBe(buildId);
    }
  });

  test('addresses and offsets agree, by segments and by sections', () => {
    for (const { file, symbols } of named()) {
      const elf = readElf(file);
      for (const { name, value, size, section } of symbols) {
        const { address, offset } = elf.sections[section]!;
        // What is ours may have a section only.
        expect(
          bySegment(elf, value, size) ?? (name.startsWith('linkonce_') && value - address + offset),
        ).toBe(value - address + offset);
      }
    }
  });

  test('names every function of each module at its address', () => {
    const have = new Set(
      named().flatMap(({ symbols }) => symbols.map(({ name, value }) => key(name, value))),
    );
    const biases = loadBiases(readPlan(image()));
    for (const [file, bias] of compressed ? [] : biases) {
      const wanted = moduleFunctions(file).filter(({ section }) => section > 0);
      expect(wanted, file).not.toHaveLength(0);
      const missing = wanted.filter(({ name, value }) => !have.has(key(name, value + bias)));
      expect(missing, path.basename(file)).toEqual([]);
    }
    expect(have.size).toBeGreaterThan(0);
  });

  test('names its own code', () => {
    const names = new Set(named().flatMap(({ symbols }) => symbols.map(({ name }) => name)));
    expect(names).toContain('linkonce_loader');
    if (form.startsWith('dispatcher')) expect(names).toContain('linkonce_stubs');
  });
});

/** The place of a range of memory in a file, by its program headers. */
function bySegment({ segments }: ElfFile, address: number, size: number): number | undefined {
  const found = segments.find(
    (each) => each.type === 1 && address >= each.address && address + size <= each.address + each.fileSize,
  );
  return found && address - found.address + found.offset;
}
