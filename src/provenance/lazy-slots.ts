/**
 * Slots that the platform's linker leaves to the first call (JUMP_SLOT of modules without DF_BIND_NOW), with the
 * values that it gives them when it must bind at once. All other words stay as in the lazy capture, which is the true
 * state of the process: LD_BIND_NOW also sets a flag in the linker that would change every later dlopen.
 */
import { isLazy } from '../capture/lazy-modules.ts';
import type { Capture, Captures, Region } from '../capture/capture.ts';
import { STT } from '../elf/constants.ts';
import { formulaOf } from '../machine/relocations.ts';
import type { Resolver } from '../program/definition.ts';
import type { Module } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import { rangeAt } from '../util/search.ts';
import type { Address } from '../util/units.ts';
import { roundDown } from '../util/units.ts';
import type { VdsoSlot } from './explained.ts';
import { regionPages } from './region-pages.ts';

export interface BoundSlots {
  /** How many slots take their bound value, and how many stay lazy. */
  readonly bound: number;
  readonly lazy: number;
  /** Slots that lead into the vdso; counted as lazy. */
  readonly vdso: readonly VdsoSlot[];
  /** Word index in the page → bound value. */
  readonly inPage: (page: Address) => ReadonlyMap<number, bigint> | undefined;
  /** Index of the movable region that an address is in. */
  readonly regionOf: (value: bigint) => number | undefined;
}

/** Reads the values of all lazy slots from the bound capture; without one they all stay lazy. */
export function boundSlots(captures: Captures, resolver: Resolver): BoundSlots {
  const { first, bound, program } = captures;
  if (bound) requireSameLayout(first, bound);
  const pages = new Map<Address, Map<number, bigint>>();
  const vdso: VdsoSlot[] = [];
  let count = 0;
  let lazy = 0;
  const regionOf = regionFinder(first.regions);
  first.regions.forEach((region, index) => {
    if (!region.module || !isLazy(program, region.module)) return;
    const content = regionPages(bound?.regions[index] ?? region);
    const { module } = region;
    const read = (slot: Address): bigint => {
      const page = roundDown(slot);
      return content.page(page).readBigUInt64LE(slot - page);
    };
    const take = (slot: Address, value: bigint): void => {
      const page = roundDown(slot);
      const words = pages.get(page) ?? new Map<number, bigint>();
      pages.set(page, words.set((slot - page) / 8, value));
    };
    const lazyBefore = lazy - vdso.length;
    for (const { slot, symbol } of slotsOf(region)) {
      const value = read(slot);
      const offset = bound ? Number(value) - bound.context.vdso.start : -1;
      if (bound && offset >= 0 && offset < bound.context.vdso.end - bound.context.vdso.start)
        vdso.push({ address: slot, region: index, offset, eager: false });
      if (!bound || !isSettled(value, regionOf) || choosesLate(resolver, module, symbol)) lazy++;
      else {
        count++;
        take(slot, value);
      }
    }
    if (bound && lazy - vdso.length === lazyBefore)
      for (const word of linkerWords(region)) take(word, read(word));
  });
  return { bound: count, lazy, vdso, inPage: (page) => pages.get(page), regionOf };
}

/**
 * Whether a slot's bound value holds for every process: an address in a region, or 0 for a weak symbol. glibc's `time` and
 * `gettimeofday` lead into the vdso, which is elsewhere in each process; such a slot stays lazy here.
 */
function isSettled(value: bigint, regionOf: BoundSlots['regionOf']): boolean {
  return value === 0n || regionOf(value) !== undefined;
}

/** Modules whose IFUNC resolvers read what glibc knows of the processor, and do nothing else. */
const cLibrary: ReadonlySet<string> = new Set(['libc.so.6', 'libm.so.6']);

/**
 * Whether the slot's function is chosen at the first call by code of the program's own: an IFUNC resolver may choose by what
 * constructors did before, draw random bytes, or write to its module, all in the process that it runs in.
 */
function choosesLate(resolver: Resolver, module: Module, symbol: number): boolean {
  const found = resolver.resolve(module, symbol, 'plt');
  return found?.symbol.type === STT.GNU_IFUNC && !cLibrary.has(found.module.name);
}

/**
 * GOT[1] and GOT[2] (System V ABI x86-64, 5.2): the module's link_map, and the resolver. Only lazy slots need them; where there
 * are none they stay as the linker leaves them when it binds at once, and the page can be the same in all programs.
 */
function linkerWords(region: Region): Address[] {
  const table = region.module?.elf.dynamic?.pltGot;
  return table === undefined ? [] : [region.loadBias + table + 8, region.loadBias + table + 16];
}

function slotsOf(region: Region): { readonly slot: Address; readonly symbol: number }[] {
  const bias = region.loadBias;
  const relocations = region.module?.elf.relocations ?? [];
  return relocations
    .filter(
      (each) => each.table === 'jmprel' && formulaOf(each.type) === 'jumpSlot' && each.address % 8 === 0,
    )
    .map(({ address, symbol }) => ({ slot: bias + address, symbol }));
}

function requireSameLayout(first: Capture, bound: Capture): void {
  const same =
    first.regions.length === bound.regions.length &&
    first.regions.every((region, index) => {
      const other = bound.regions[index];
      return region.kind === 'heap' || (other?.start === region.start && other.end === region.end);
    });
  if (!same) throw new Refusal('its linker maps other ranges when it binds at once');
}

function regionFinder(regions: readonly Region[]): (value: bigint) => number | undefined {
  const sorted = regions
    .map((region, index) => ({ ...region, index }))
    .filter(({ movable, kind, mappings }) => movable && kind !== 'heap' && mappings.length > 0)
    .sort((a, b) => a.start - b.start);
  return (value) => rangeAt(sorted, Number(value))?.index;
}
