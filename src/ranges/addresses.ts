/**
 * The registry of addresses: which range each module of a collection has, in an address space of its own. A module keeps its
 * range as long as it fits in.
 */
import type { Address } from '../util/units.ts';
import { pageSize, roundDown, roundUp } from '../util/units.ts';
import { hashName } from './hash-name.ts';

/** [base, base + 2^bits). */
export interface AddressSpace {
  readonly base: Address;
  readonly bits: number;
  /** Where plan and loader of every program end, and the linker's own memory begins; absent: a fixed way below the base. */
  readonly programArea?: Address;
  /** More of it elsewhere, taken in this order once all before is full; a module is in one of these. Absent: none. */
  readonly further?: readonly Stretch[];
}

/** [start, end). */
export interface Stretch {
  readonly start: Address;
  readonly end: Address;
}

/** All of a space, in the order in which it is taken. */
export function stretchesOf({ base, bits, further = [] }: AddressSpace): readonly Stretch[] {
  return [{ start: base, end: base + 2 ** bits }, ...further];
}

/** Bits of a window that has a space as large. */
export function windowBits({ bits, further = [] }: AddressSpace): number {
  return bits + Math.ceil(Math.log2(1 + further.length));
}

/** For people: where no range was found. */
export function describeSpace({ bits, further = [] }: AddressSpace): string {
  return further.length === 0
    ? `a window of ${String(bits)} bits`
    : `${String(1 + further.length)} windows of ${String(bits)} bits`;
}

/** Numbers of a module: see numbers.ts. [first, first + count). */
export interface Numbers {
  readonly first: number;
  readonly count: number;
}

export interface Holding {
  /** A module's path. */
  readonly key: string;
  readonly start: Address;
  /** Bytes, with the room to grow. */
  readonly size: number;
  /** Bytes of the range that lie before the module's first page; absent: none. */
  readonly before?: number;
  readonly numbers?: Numbers;
}

export interface Wanted {
  readonly key: string;
  /** DT_SONAME, or the path's last part; absent: the path. */
  readonly name?: string;
  /** Bytes, with those before the module's first page. */
  readonly size: number;
  readonly alignment: number;
  /** Bytes before the module's first page; absent: none. */
  readonly before?: number;
  /** How many numbers; absent: none. */
  readonly numbers?: number;
  /** Where its range begins, whatever the policy. */
  readonly at?: Address | undefined;
}

/**
 * `unique`: a range of its own, or none. `reused`: where no range is free, one that only modules have which no program uses together with
 * it. `overlapping`: then one that depends on the module's path only. `by-path`: always that one, the same everywhere. `by-name`: the same
 * by the module's name.
 */
export type AddressPolicy = 'unique' | 'reused' | 'overlapping' | 'by-path' | 'by-name';

export interface AddressRules {
  /** Part of its size that a module gets on top. */
  readonly growth: number;
  readonly policy: AddressPolicy;
  /** Bytes of a block: a range is whole blocks; absent: pages. */
  readonly block?: number;
  /** Bytes at the beginning of each stretch of the space that no module gets; absent: none. */
  readonly reserved?: number;
  /** Bytes from the end of all that is held to a new range, where the space has so many; absent: none. */
  readonly apart?: number;
  /** Whether a program uses both modules; absent: any two may meet. */
  readonly meet?: (key: string, other: string) => boolean;
}

export interface Assigned {
  readonly holdings: readonly Holding[];
  /** Without a range: the space is full. */
  readonly refused: readonly Wanted[];
}

/**
 * Ranges for new modules, in their order one behind the other above all that is held; once the space ends there, in the
 * lowest gap that is large enough.
 */
export function assignRanges(
  space: AddressSpace,
  held: readonly Holding[],
  wanted: readonly Wanted[],
  { growth, policy, block = pageSize, reserved = 0, apart = 0, meet = () => true }: AddressRules,
): Assigned {
  const holdings: Holding[] = [];
  const refused: Wanted[] = [];
  const isByName = policy === 'by-path' || policy === 'by-name';
  for (const each of wanted) {
    const size = roundUp(each.size + Math.ceil(each.size * growth), block);
    const alignment = Math.max(each.alignment, block);
    const taken = [...held, ...holdings];
    const free = (rivals: readonly Holding[]): Address | undefined =>
      freeStart(space, rivals, { size, alignment, apart, reserved });
    const own = isByName ? undefined : free(taken);
    const other = (): Address | undefined => {
      if (policy === 'unique') return undefined;
      if (policy === 'reused') return free(taken.filter(({ key }) => meet(each.key, key)));
      return namedStart(space, nameOf(each, policy), size, alignment, block);
    };
    const start = each.at ?? own ?? other();
    if (start === undefined) refused.push(each);
    else holdings.push({ key: each.key, start, size, ...(each.before && { before: each.before }) });
  }
  return { holdings, refused };
}

function nameOf({ key, name }: Wanted, policy: AddressPolicy): string {
  return policy === 'by-name' ? (name ?? key) : key;
}

/** What a range shall be; `reserved`: bytes at the beginning of each stretch that it does not touch. */
interface RangeWish extends Required<Pick<AddressRules, 'apart' | 'reserved'>> {
  readonly size: number;
  readonly alignment: number;
}

/** In the first stretch that has room. */
function freeStart(space: AddressSpace, taken: readonly Holding[], wish: RangeWish): Address | undefined {
  for (const stretch of stretchesOf(space)) {
    const start = freeIn(stretch, taken, wish);
    if (start !== undefined) return start;
  }
  return undefined;
}

/** First behind everything, then in the lowest gap. */
function freeIn(
  { start, end }: Stretch,
  taken: readonly Holding[],
  { size, alignment, apart, reserved }: RangeWish,
): Address | undefined {
  const inside = taken.filter((held) => held.start < end && held.start + held.size > start);
  const sorted = [{ start, size: reserved }, ...inside].sort((a, b) => a.start - b.start);
  const top = sorted.reduce((max, held) => Math.max(max, held.start + held.size), start);
  const behind = roundUp(top + apart, alignment);
  if (behind + size <= end) return behind;
  let next = roundUp(start, alignment);
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
  name: string,
  size: number,
  alignment: number,
  block: number,
): Address | undefined {
  const first = roundUp(base, alignment);
  const last = roundDown(base + 2 ** bits - size, alignment);
  const named = roundDown(base + hashName(name, 2 ** bits / block) * block, alignment);
  return first > last ? undefined : Math.min(Math.max(named, first), last);
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
