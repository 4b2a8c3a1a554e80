/**
 * The registry of addresses: which range each module of a collection has, in an address space of its own. A module keeps its
 * range as long as it fits in.
 */
import type { Address } from '../util/units.ts';
import { pageSize, roundDown, roundUp } from '../util/units.ts';

const pageBits = 12;

/** [base, base + 2^bits). */
export interface AddressSpace {
  readonly base: Address;
  readonly bits: number;
}

export interface Holding {
  /** A module's path. */
  readonly key: string;
  readonly start: Address;
  /** Bytes, with the room to grow. */
  readonly size: number;
}

export interface Wanted {
  readonly key: string;
  readonly size: number;
  readonly alignment: number;
}

/**
 * `unique`: a range of its own, or none. `overlapping`: where no range is free, one that depends on the module's name only.
 * `by-name`: always that one, the same everywhere.
 */
export type AddressPolicy = 'unique' | 'overlapping' | 'by-name';

export interface Assigned {
  readonly holdings: readonly Holding[];
  /** Without a range: the space is full. */
  readonly refused: readonly Wanted[];
}

/**
 * Ranges for new modules, in their order one behind the other above all that is held; once the space ends there, in the
 * lowest gap that is large enough. `growth`: part of its size that a module gets on top.
 */
export function assignRanges(
  space: AddressSpace,
  held: readonly Holding[],
  wanted: readonly Wanted[],
  { growth, policy }: { readonly growth: number; readonly policy: AddressPolicy },
): Assigned {
  const holdings: Holding[] = [];
  const refused: Wanted[] = [];
  for (const each of wanted) {
    const size = roundUp(each.size + Math.ceil(each.size * growth));
    const taken = [...held, ...holdings];
    const free = policy === 'by-name' ? undefined : freeStart(space, taken, size, each.alignment);
    const start = free ?? (policy === 'unique' ? undefined : namedStart(space, each, size));
    if (start === undefined) refused.push(each);
    else holdings.push({ key: each.key, start, size });
  }
  return { holdings, refused };
}

/** First behind everything, then in the lowest gap. */
function freeStart(
  { base, bits }: AddressSpace,
  taken: readonly Holding[],
  size: number,
  alignment: number,
): Address | undefined {
  const end = base + 2 ** bits;
  const sorted = [...taken].sort((a, b) => a.start - b.start);
  const top = sorted.reduce((max, held) => Math.max(max, held.start + held.size), base);
  const behind = roundUp(top, alignment);
  if (behind + size <= end) return behind;
  let next = roundUp(base, alignment);
  for (const held of sorted) {
    if (next + size <= held.start) return next;
    next = Math.max(next, roundUp(held.start + held.size, alignment));
  }
  return next + size <= end ? next : undefined;
}

/**
 * A place that depends on the name only, as a vendor would choose it who knows nobody else's modules; moved down to the last
 * one where the space ends too early.
 */
function namedStart(
  { base, bits }: AddressSpace,
  { key, alignment }: Wanted,
  size: number,
): Address | undefined {
  const first = roundUp(base, alignment);
  const last = roundDown(base + 2 ** bits - size, alignment);
  const named = roundDown(base + (fnv(key) % 2 ** (bits - pageBits)) * pageSize, alignment);
  return first > last ? undefined : Math.min(Math.max(named, first), last);
}

/** FNV-1a, 32 bits. */
function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Two holdings of one program that overlap: the first in the order given is the one that was there. */
export function findCollision(
  holdings: readonly Holding[],
): { readonly holder: Holding; readonly module: Holding } | undefined {
  for (const [index, module] of holdings.entries()) {
    const holder = holdings
      .slice(0, index)
      .find((each) => each.start < module.start + module.size && module.start < each.start + each.size);
    if (holder) return { holder, module };
  }
  return undefined;
}
