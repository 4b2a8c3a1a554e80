/** Compares our reading of a file with readelf's and objdump's. */
import { readFileSync } from 'node:fs';
import { ET } from '../../src/elf/constants.ts';
import type { ElfFile, ElfHeader } from '../../src/elf/elf-file.ts';
import { readElfHeader } from '../../src/elf/header.ts';
import { readElf } from '../../src/elf/read-elf.ts';
import { symbolName } from '../../src/elf/symbol-name.ts';
import { ElfError } from '../../src/util/errors.ts';
import { elfTables, headerLines, usedVersions } from './elf-tables.ts';
import { readelfHeader, readelfTables, readelfVersions } from './readelf-tables.ts';

export interface Comparison {
  /** What differs, one line a table; empty when all is equal. */
  readonly differences: readonly string[];
  /** Lines that binutils gave for each table: a table without any was not checked. */
  readonly lines: Readonly<Record<string, number>>;
}

/** Reads `path` both ways. */
export function compareFile(path: string): Comparison {
  const header = readElfHeader(readFileSync(path), path);
  return isOurs(header) ? compareElf(readElf(path)) : compareForeign(header, path);
}

function compareElf(elf: ElfFile): Comparison {
  const ours = elfTables(elf);
  const theirs = readelfTables(elf.path);
  // Object files have no segments: what we leave out there, readelf takes from sections.
  const names = Object.keys(theirs).filter((name) => elf.header.type !== ET.REL || !fromSections.has(name));
  const differences = names.flatMap((name) => difference(name, ours[name] ?? [], theirs[name] ?? []));
  return {
    differences: [...differences, ...unknownVersions(elf), ...lookups(elf)],
    lines: Object.fromEntries(names.map((name) => [name, theirs[name]?.length ?? 0])),
  };
}

/** A file for another machine: its header must be right, and reading the rest must be refused with a reason. */
function compareForeign(header: ElfHeader, path: string): Comparison {
  const theirs = readelfHeader(path);
  const differences = [...difference('header', headerLines(header), theirs), ...refusal(path)];
  return { differences, lines: { header: theirs.length } };
}

const fromSections = new Set(['notes', 'functionRanges', 'plt', 'pltJumps']);

const isOurs = (header: ElfHeader): boolean =>
  header.class === 64 && header.byteOrder === 'little' && header.machine === 62;

function refusal(path: string): string[] {
  try {
    readElf(path);
    return ['a foreign file was read'];
  } catch (error) {
    return error instanceof ElfError && /made for|32-bit|big-endian/.test(error.problem)
      ? []
      : [String(error)];
  }
}

function difference(name: string, ours: readonly string[], theirs: readonly string[]): string[] {
  const at = Array.from(ours.length > theirs.length ? ours : theirs, (_, i) => i).find(
    (i) => ours[i] !== theirs[i],
  );
  if (at === undefined) return [];
  return [`${name}[${at}] of ${ours.length}, ${theirs.length}: ours "${ours[at]}", binutils "${theirs[at]}"`];
}

function unknownVersions(elf: ElfFile): string[] {
  const theirs = readelfVersions(elf.path);
  return [...usedVersions(elf)]
    .filter((version) => !theirs.has(version))
    .map((version) => `version "${version}"`);
}

/** Every defined global symbol must be found by its name, and a name that no file has must not. */
function lookups(elf: ElfFile): string[] {
  const missing: string[] = [];
  for (let index = 1; index < elf.symbols.count; index++) {
    const { name, binding, sectionIndex } = elf.symbols.at(index);
    if (binding === 0 || sectionIndex === 0 || name === '') continue;
    if (elf.symbols.find(symbolName(name), (found) => found === index) !== index)
      missing.push(`find ${index} ${name}`);
  }
  const none = elf.symbols.find(symbolName('no such symbol'), () => true);
  return none === 0 ? missing.slice(0, 1) : [`found symbol ${none} by a wrong name`];
}
