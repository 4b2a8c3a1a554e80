/**
 * glibc since 2.35 finds the module of an address in `_dlfo_nodelete_mappings` (elf/dl-find_object.c), an array sorted by
 * address that unwinders search by halves. No symbol leads to it: it is known by what provenance says of its words.
 *
 *   map_start, map_end   first and end address of one module; of one segment of an executable whose segments lie apart, as
 *                        the kernel maps one with 64 KiB between them
 *   map                  its link_map, in the linker's memory
 *   eh_frame             its PT_GNU_EH_FRAME; zero without one
 *
 * The vdso is a module there, too: always the last one, for it lies above all that a capture places.
 */
import { readElf } from '../elf/read-elf.ts';
import { symbolName } from '../elf/symbol-name.ts';
import { Refusal } from '../util/errors.ts';
import { at, present } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundDown } from '../util/units.ts';
import type { Blueprint } from './explained.ts';

export interface UnwindTable {
  /** The first capture's. */
  readonly address: Address;
  /** Index of the region that it lies in. */
  readonly region: number;
  /** Entries. */
  readonly count: number;
}

/** A word of the linker's memory: the region that it leads to, or the vdso. */
interface Word {
  readonly owner: number;
  readonly target: number | 'vdso';
  readonly value: number;
}

type Words = ReadonlyMap<Address, Word>;

const wordSize = 8;
const entrySize = 4 * wordSize;
const PROT_WRITE = 2;

/**
 * The table; undefined where the linker has none. Throws Refusal where there must be one and it is not found whole, or
 * several places look like it.
 */
export function findUnwindTable(blueprint: Blueprint): UnwindTable | undefined {
  const words = linkerWords(blueprint);
  const runs = [...words.keys()].flatMap((address) => runAt(blueprint, words, address) ?? []);
  const tables = runs.filter((run) => isWhole(blueprint, words, run) && isWritable(blueprint, run));
  const [table] = tables;
  if (tables.length > 1 || (!table && expectsTable(blueprint)))
    throw new Refusal(
      `${blueprint.facts.invocation}: its linker's sorted table of modules is not found, so no module can move`,
    );
  return table;
}

function linkerWords(blueprint: Blueprint): Words {
  const words = new Map<Address, Word>();
  const { references, processWords } = blueprint;
  for (let index = 0; index < references.count; index++) {
    const [address, owner] = [references.addresses[index]!, references.owners[index]!];
    if (!isLinkers(blueprint, owner) || address % wordSize !== 0) continue;
    const target = references.targets[index]!;
    words.set(address, { owner, target, value: wordAt(blueprint, owner, address) });
  }
  for (const { address, region, source } of processWords)
    if (isLinkers(blueprint, region) && source.kind === 'vdso')
      words.set(address, { owner: region, target: 'vdso', value: Infinity });
  return words;
}

function isLinkers({ regions, facts }: Blueprint, index: number): boolean {
  const { region } = at(regions, index, 'region');
  return region.kind === 'anonymous' || region.module?.path === facts.interpreter.path;
}

function wordAt({ regions }: Blueprint, region: number, address: Address): number {
  const page = present(at(regions, region, 'region').pages.get(roundDown(address)), 'page of a reference');
  return Number(page.readBigUInt64LE(address % pageSize));
}

/** The run of entries that begins at an address: a module's, others behind it, at least two. */
function runAt(blueprint: Blueprint, words: Words, address: Address): UnwindTable | undefined {
  const start = words.get(address);
  if (typeof start?.target !== 'number' || !isEntry(blueprint, words, address)) return undefined;
  const before = address - entrySize;
  if (isEntry(blueprint, words, before) && isBelow(words, before, address)) return undefined;
  let next = address + entrySize;
  while (isEntry(blueprint, words, next) && isBelow(words, next - entrySize, next)) next += entrySize;
  const count = (next - address) / entrySize;
  return count < 2 ? undefined : { address, region: start.owner, count };
}

function isBelow(words: Words, first: Address, second: Address): boolean {
  const valueOf = (address: Address): number => present(words.get(address), 'entry').value;
  return valueOf(first) < valueOf(second);
}

function isEntry(blueprint: Blueprint, words: Words, address: Address): boolean {
  const [start, end, map, frame] = [0, 1, 2, 3].map((index) => words.get(address + index * wordSize));
  if (!start || end?.target !== start.target || typeof map?.target !== 'number') return false;
  const isNamed = isLinkers(blueprint, map.target) && (!frame || frame.target === start.target);
  return isNamed && (start.target === 'vdso' || spans(blueprint, start.target, start.value, end.value));
}

/**
 * Whether two addresses are the beginning and the end of a module, or of a segment of the executable: the end is no whole page, and the
 * beginning of a segment is none either.
 */
function spans({ regions, facts }: Blueprint, index: number, first: Address, last: Address): boolean {
  const { region } = at(regions, index, 'region');
  if (region.kind !== 'module' || first >= last) return false;
  const endsIn = (end: Address): boolean => last <= end && last > end - pageSize;
  if (first === region.start && endsIn(region.end)) return true;
  if (region.module?.path !== facts.executable.path) return false;
  const begins = region.mappings.some(({ start }) => start === roundDown(first));
  return begins && region.mappings.some(({ end }) => endsIn(end));
}

/** Every module that the program starts with, but the executable, has its entry. An executable whose segments lie apart has one for each of these. */
function isWhole({ regions, facts }: Blueprint, words: Words, { address, count }: UnwindTable): boolean {
  const targets = Array.from({ length: count }, (_, index) => words.get(address + index * entrySize)?.target);
  const isOther = (index: number): boolean => {
    const { kind, module } = at(regions, index, 'region').region;
    return kind === 'module' && module?.path !== facts.executable.path;
  };
  const found = targets.filter((target) => typeof target === 'number' && isOther(target));
  const distinct = new Set(found).size;
  return distinct === found.length && distinct === [...regions.keys()].filter(isOther).length;
}

function isWritable({ regions }: Blueprint, { region, address, count }: UnwindTable): boolean {
  const end = address + count * entrySize;
  return at(regions, region, 'region').region.mappings.some(
    (mapping) => mapping.start <= address && end <= mapping.end && (mapping.protection & PROT_WRITE) !== 0,
  );
}

/** libc has the function that reads the table from the release on that has the table; with one module there is nothing to sort. */
function expectsTable({ regions }: Blueprint): boolean {
  const movable = regions.flatMap(({ region: { kind, movable, module } }) =>
    kind === 'module' && movable && module ? [module] : [],
  );
  const reader = symbolName('_dl_find_object');
  return (
    movable.length > 1 &&
    movable.some(
      ({ name, path }) => name === 'libc.so.6' && readElf(path).symbols.find(reader, () => true) !== 0,
    )
  );
}
