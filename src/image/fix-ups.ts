/**
 * What a loader needs to move modules: for each word that refers to something that may move, where it is. Grouped by the
 * region that holds the words and the one that they refer to, little-endian 32-bit words:
 *
 *   row of the holder, row of the target, number of words, then the offset of each from the holder's start; ascending
 */
import type { Blueprint } from '../provenance/explained.ts';
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundDown, roundUp } from '../util/units.ts';
import { isRelocatedWhenRead } from './backing.ts';
import { planChecksum } from './checksum.ts';
import type { Filing } from './filing.ts';
import { filesOf } from './filing.ts';
import type { Piece } from './pieces.ts';
import { PROT, protectionOnceWritten } from './pieces.ts';
import type { TableRows } from './plan.ts';
import type { PlanRegions } from './regions.ts';
import type { Thunks } from './thunks.ts';

export interface FixUps {
  /** Whole 64-bit words; empty where nothing may move. */
  readonly bytes: Buffer;
  readonly checksum: bigint;
  /** Read-only ranges that hold such words. */
  readonly ranges: TableRows<'fix_ranges'>;
}

interface FixUpInput {
  readonly blueprint: Blueprint;
  readonly regions: PlanRegions;
  readonly pieces: readonly Piece[];
  readonly thunks: Thunks;
  /** Where the thunks stand behind the loader's start. */
  readonly thunksOffset: number;
  readonly filing: Filing;
}

/** By holder's row, then by target's row: offsets from the holder's start. */
type Groups = ReadonlyMap<number, ReadonlyMap<number, number[]>>;

/** Regions have less than 4 GiB. */
export function collectFixUps(input: FixUpInput): FixUps {
  const groups = groupFixUps(input);
  const bytes = encodeGroups(groups);
  const checksum = bytes.length === 0 ? 0n : planChecksum(bytes);
  return { bytes, checksum, ranges: rangesOf(groups, input) };
}

function groupFixUps({ blueprint, regions, pieces, filing, thunks, thunksOffset }: FixUpInput): Groups {
  const groups = new Map<number, Map<number, number[]>>();
  const add = (holder: number, target: number, offset: number): void => {
    if (!regions.isMovable(target)) return;
    const targets = groups.get(holder) ?? new Map<number, number[]>();
    groups.set(holder, targets);
    const offsets = targets.get(target);
    if (offsets) offsets.push(offset);
    else targets.set(target, [offset]);
  };
  const relocated = relocatedRegions(pieces, filing);
  const settled = new Set(thunks.slots.map(({ address }) => address));
  const starts = blueprint.regions.map(({ region }) => region.start);
  const rows = blueprint.regions.map((_, index) => regions.rowOf(index));
  const { count, addresses, owners, targets } = blueprint.references;
  for (let index = 0; index < count; index++) {
    const [address, owner] = [addresses[index]!, owners[index]!];
    if (relocated.has(owner) || settled.has(address)) continue;
    add(
      at(rows, owner, 'region'),
      at(rows, targets[index]!, 'region'),
      address - at(starts, owner, 'region'),
    );
  }
  for (const { offset, region } of thunks.operands) add(0, regions.rowOf(region), thunksOffset + offset);
  return groups;
}

/** Regions whose words are fixed when they are read. */
function relocatedRegions(pieces: readonly Piece[], filing: Filing): ReadonlySet<number> {
  const isRelocated = (piece: Piece): boolean =>
    filesOf(piece, filing).some(({ kind }) => isRelocatedWhenRead[kind]);
  return new Set(pieces.filter(isRelocated).map(({ region }) => region));
}

function encodeGroups(groups: Groups): Buffer {
  const words = [...groups].flatMap(([holder, targets]) =>
    [...targets].map(([target, offsets]) => {
      const sorted = Uint32Array.from(offsets).sort();
      return [Uint32Array.of(holder, target, sorted.length), sorted] as const;
    }),
  );
  const parts = words
    .flat()
    .map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes, Buffer.alloc(roundUp(bytes.length, 8) - bytes.length)]);
}

const wordSize = 8;

/** From the first to the last page with such words in each range that is not writable. */
function rangesOf(groups: Groups, { regions, pieces, thunksOffset }: FixUpInput): TableRows<'fix_ranges'> {
  const pages = new Map([...groups].map(([holder, targets]) => [holder, pagesOf([...targets.values()])]));
  const head = { region: 0, address: at(regions.rows, 0, 'row').address, pages: pages.get(0) };
  const code = {
    ...head,
    start: roundDown(thunksOffset),
    end: Infinity,
    protection: PROT.read | PROT.execute,
  };
  const readOnly = pieces
    .filter(({ protection }) => (protection & PROT.write) === 0)
    .map((piece) => {
      const { region, address: start, length } = piece;
      const protection = protectionOnceWritten(piece);
      const row = regions.rowOf(region);
      const address = Number(at(regions.rows, row, 'row').address);
      const offset = start - address;
      return { region: row, address, pages: pages.get(row), start: offset, end: offset + length, protection };
    });
  return [code, ...readOnly].flatMap(({ region, address, pages: all = [], start, end, protection }) => {
    const inside = all.filter((page) => page >= start && page < end);
    const [first, last] = [inside[0], inside.at(-1)];
    if (first === undefined || last === undefined) return [];
    return [{ address: Number(address) + first, length: last + pageSize - first, protection, region }];
  });
}

/** Offsets of the pages that hold words, ascending. A word may lie in two pages. */
function pagesOf(groups: readonly (readonly Address[])[]): number[] {
  const pages = new Set<number>();
  for (const offsets of groups)
    for (const offset of offsets) pages.add(roundDown(offset)).add(roundDown(offset + wordSize - 1));
  return [...pages].sort((a, b) => a - b);
}
