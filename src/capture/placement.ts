/**
 * Chooses the addresses of a capture: the modules in a given order, upwards, then everything else as the linker asks for
 * it. Two captures therefore keep the order of addresses, which glibc relies on (it keeps sorted tables of them), and differ in
 * every distance. Anonymous regions never touch a neighbour: the linker's first allocator extends an allocation when the
 * kernel happens to give it the next page.
 */
import { randomInt } from 'node:crypto';
import { ET } from '../elf/constants.ts';
import type { Module } from '../program/program.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundUp } from '../util/units.ts';
import { moduleSpan } from './module-span.ts';

export interface Placement {
  /** Where a module's first page goes. */
  module(module: Module): Address;
  anonymous(size: number): Address;
  /** A range away from all others, for files that the linker unmaps again. */
  passing(size: number): Address;
}

/**
 * The window of random bases: above what programs ask for by hint (Java, Go, V8) or takes for its own (the shadow of
 * AddressSanitizer ends at 0x1000_7fff_8000), below where Linux puts
 * position-independent executables (2/3 of 47 bits). The capture that is only compared lies in another one.
 */
const window = { start: 0x1100_0000_0000, end: 0x3100_0000_0000 };
const otherWindow = { start: 0x3400_0000_0000, end: 0x5000_0000_0000 };
/** The same 2 MiB position inside every base, so that huge pages and 2 MiB-aligned segments fit. */
const baseUnit = 0x20_0000;
const passingDistance = 0x80_0000_0000;

/** A random base for an image. */
export function drawBase(): Address {
  return randomBase(window);
}

/** Random bits of the base that `drawBase` draws. */
export const baseBits = Math.floor(Math.log2((window.end - window.start) / baseUnit));

/** Regions close together: the addresses of the image. `order`: all modules, by ascending address. */
export function packedPlacement(base: Address, order: readonly Module[]): Placement {
  return upwards(base, order, () => 0);
}

/**
 * Regions at random distances: no two move by the same amount against the packed ones. Packing loses less than one
 * alignment unit to rounding, so two units more are a new distance.
 */
export function spreadPlacement(order: readonly Module[]): Placement {
  return upwards(randomBase(otherWindow), order, (alignment) => randomInt(2, 64) * alignment);
}

function randomBase(range: { start: Address; end: Address }): Address {
  return range.start + randomInt(Math.floor((range.end - range.start) / baseUnit)) * baseUnit;
}

/** The modules in their order, and behind them all else. */
function upwards(base: Address, order: readonly Module[], gap: (alignment: number) => number): Placement {
  let next = base;
  const take = (size: number, alignment: number): Address => {
    const start = roundUp(next + gap(alignment), alignment);
    next = roundUp(start + size);
    return start;
  };
  const places = new Map<Module, Address>();
  for (const module of order) {
    const { start, end, alignment } = moduleSpan(module);
    if (module.elf.header.type !== ET.DYN) continue;
    places.set(module, take(end - start, alignment));
    // glibc first reserves one alignment unit more than it needs (elf/dl-map-segments.h).
    if (alignment > pageSize) next += alignment;
  }
  let passing = base + passingDistance;
  return {
    module(module) {
      const place = places.get(module);
      if (place === undefined) throw new Error(`${module.path} has no place`);
      return place;
    },
    anonymous(size) {
      next += pageSize;
      const start = take(size, pageSize);
      next += pageSize;
      return start;
    },
    passing(size) {
      const start = passing;
      passing = roundUp(start + size) + pageSize + gap(pageSize);
      return start;
    },
  };
}
