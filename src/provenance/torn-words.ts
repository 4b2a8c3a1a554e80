/**
 * Relocated words at addresses that are no multiple of 8 (packed structures: gpg has some). Each lies in two aligned words,
 * neither of which has a value that means anything; so it is read and explained where it is, and of the aligned words only
 * its own bytes may differ.
 */
import type { Region } from '../capture/capture.ts';
import { type Formula, formulaOf } from '../machine/relocations.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundDown } from '../util/units.ts';
import type { RegionPages } from './region-pages.ts';

export interface TornWords {
  /** Their addresses. */
  readonly addresses: readonly Address[];
  /** Whether a part of one may lie in the aligned word at `address`. */
  mayHold(address: Address): boolean;
  /** Whether the bits of the aligned word at `address` that are set in `differing` all belong to such words. */
  holds(address: Address, differing: bigint): boolean;
}

/** Formulas whose word holds no address: 32 bits never do in a module that moves, and a copy's words are its source's. */
const untorn: ReadonlySet<Formula | undefined> = new Set<Formula>(['none', 'copy', 'absolute32']);

const noBits = 0n;

/** The torn words of a region's module. */
export function tornWords({ module, loadBias }: Region): TornWords {
  const addresses: Address[] = [];
  const masks = new Map<Address, bigint>();
  const add = (address: Address): void => {
    addresses.push(address);
    const start = roundDown(address, 8);
    const bits = 0xffff_ffff_ffff_ffffn << BigInt((address - start) * 8);
    masks.set(start, (masks.get(start) ?? noBits) | BigInt.asUintN(64, bits));
    masks.set(start + 8, (masks.get(start + 8) ?? noBits) | (bits >> 64n));
  };
  for (const { address, type } of module?.elf.relocations ?? []) {
    if (address % 8 === 0) continue;
    const formula = formulaOf(type);
    if (untorn.has(formula)) continue;
    add(loadBias + address);
    // A TLS descriptor is two words.
    if (formula === 'tlsDescriptor') add(loadBias + address + 8);
  }
  return {
    addresses,
    mayHold: (address) => masks.has(address),
    holds: (address, differing) => (differing & ~(masks.get(address) ?? noBits)) === 0n,
  };
}

/** The word at an address that is no multiple of 8; it may lie across two pages. */
export function readTorn(pages: RegionPages, address: Address): bigint {
  const start = roundDown(address);
  const two = Buffer.concat([pages.page(start), pages.page(start + pageSize)]);
  return two.readBigUInt64LE(address - start);
}
