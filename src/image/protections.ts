/** The protections of memory while the loader writes to it, and afterwards. */
import type { Blueprint, ProcessWord } from '../provenance/explained.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundDown } from '../util/units.ts';
import type { Piece } from './pieces.ts';
import { PROT, protectionOnceWritten } from './pieces.ts';
import type { PlanRegions } from './regions.ts';

/** A range that ends up without PROT_WRITE, once the loader has written to it. */
export interface Seal {
  /** In the heap relative to the break. */
  readonly address: Address;
  readonly length: number;
  readonly protection: number;
  /** Row of the plan's regions. */
  readonly region: number;
}

/** What ranges and their protections depend on. */
export interface Rules {
  /** Pages that the loader writes to, by their region and new address: regions may overlap. */
  readonly patched: ReadonlyMap<number, ReadonlySet<Address>>;
  readonly regions: PlanRegions;
}

export function protectionRules(words: readonly ProcessWord[], regions: PlanRegions): Rules {
  const patched = new Map<number, Set<Address>>();
  for (const { address, width, region } of words) {
    const moved = regions.place(region, address);
    const pages = patched.get(region) ?? new Set<Address>();
    patched.set(region, pages.add(roundDown(moved)).add(roundDown(moved + width - 1)));
  }
  return { patched, regions };
}

export interface ProtectedRange {
  readonly address: Address;
  length: number;
  readonly protection: number;
  readonly zero: boolean;
}

/** Pages that the loader patches are writable, and not executable, until they are sealed. */
export function initialRanges(piece: Piece, rules: Rules): ProtectedRange[] {
  const { address, length, protection, zero } = piece;
  const seal = sealsOf(piece, rules)[0];
  if (!seal) return [{ address, length, protection, zero }];
  const end = seal.address + seal.length;
  return [
    { address, length: seal.address - address, protection, zero },
    { address: seal.address, length: seal.length, protection: PROT.read | PROT.write, zero },
    { address: end, length: address + length - end, protection, zero },
  ].filter((range) => range.length > 0);
}

/** From the first to the last page that the loader patches in a range that ends up without PROT_WRITE. */
export function sealsOf(piece: Piece, { patched, regions }: Rules): Seal[] {
  if ((piece.protection & PROT.write) !== 0) return [];
  const pages = [...piece.pages.keys()].filter((page) => patched.get(piece.region)?.has(page));
  if (pages.length === 0) return [];
  const [first, last] = [Math.min(...pages), Math.max(...pages)];
  const region = regions.rowOf(piece.region);
  const protection = protectionOnceWritten(piece);
  return [{ address: first, length: last + pageSize - first, protection, region }];
}

/** Pages of the linker's heap that are not writable: musl keeps one without access before its first allocation. */
export function heapSeals(blueprint: Blueprint, regions: PlanRegions): Seal[] {
  const heap = blueprint.regions.find(({ region }) => region.kind === 'heap')?.region;
  if (!heap) return [];
  const sealed = heap.mappings.filter((mapping) => (mapping.protection & PROT.write) === 0);
  return sealed.map(({ start, end, protection }) => ({
    address: start - heap.start,
    length: end - start,
    protection,
    region: regions.heap,
  }));
}

/** Neighbours of one protection as one. */
export function mergeRanges(ranges: readonly ProtectedRange[]): ProtectedRange[] {
  const merged: ProtectedRange[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last?.protection === range.protection && last.zero === range.zero) last.length += range.length;
    else merged.push({ ...range });
  }
  return merged;
}
