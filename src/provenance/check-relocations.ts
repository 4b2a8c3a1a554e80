/**
 * Holds the two derivations against each other: every relocation's expected word against the captured one. They must
 * agree; a disagreement is a bug in one of them, or a linker that does what is not known, and stops the bind.
 */
import type { Captures, Region } from '../capture/capture.ts';
import type { Relocation } from '../elf/elf-file.ts';
import { relocationName } from '../machine/relocations.ts';
import type { Resolver } from '../program/definition.ts';
import type { Module } from '../program/program.ts';
import { LinkonceError } from '../util/errors.ts';
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { hex, pageSize, roundDown } from '../util/units.ts';
import type { ComparedRegion } from './compare-captures.ts';
import { placeName } from './compare-captures.ts';
import type { Expectation, WordValue } from './expected-words.ts';
import { expectWords } from './expected-words.ts';
import { regionPages } from './region-pages.ts';

export interface Agreement {
  /** Relocations whose word is as computed. */
  readonly agreed: number;
  /** Words of the linker's own data that it changed after it had relocated itself. */
  readonly rewritten: number;
}

interface Check {
  readonly captures: Captures;
  readonly index: number;
  readonly region: Region;
  readonly module: Module;
  /** Bytes of the first capture, with slots bound. */
  readonly memory: Memory;
  readonly ifuncs: Map<string, bigint>;
  readonly tlsOffsets: Map<Module, bigint>;
}

/** Throws LinkonceError naming module, offset, relocation and both values of the first disagreement. */
export function checkRelocations(
  captures: Captures,
  compared: readonly ComparedRegion[],
  resolver: Resolver,
): Agreement {
  const expectations = expectWords(captures.program, resolver, captures.first);
  const shared = { captures, ifuncs: new Map<string, bigint>(), tlsOffsets: new Map<Module, bigint>() };
  const memory = memoryReader(captures, compared);
  const agreement = { agreed: 0, rewritten: 0 };
  captures.first.regions.forEach((region, index) => {
    const { module } = region;
    if (!module) return;
    const check: Check = { ...shared, index, region, module, memory };
    const bias = region.loadBias;
    for (const relocation of module.elf.relocations) {
      const expected = expectations.of(region, relocation);
      const problem = disagreement(check, bias + relocation.address, expected);
      if (problem === undefined) agreement.agreed++;
      else if (module === captures.program.interpreter) agreement.rewritten++;
      else throw new LinkonceError(describe(check, relocation, problem));
    }
  });
  return agreement;
}

function describe(check: Check, relocation: Relocation, problem: string): string {
  const place = placeName(check.region, check.index, check.region.loadBias + relocation.address);
  const symbol = relocation.symbol ? ` ${check.module.elf.symbols.at(relocation.symbol).name}` : '';
  return `${place}: ${relocationName(relocation.type)}${symbol}: ${problem}`;
}

/** Undefined where the captured word is as expected, else what is wrong. */
function disagreement(check: Check, address: Address, expected: Expectation): string | undefined {
  switch (expected.kind) {
    case 'captured':
      return undefined;
    case 'value':
      return compareValue(check, address, expected.value, expected.width);
    case 'lazy':
      return compareValue(check, address, expected.value, 8) && disagreement(check, address, expected.bind());
    case 'ifunc':
      return compareIfunc(check, address, expected.module, expected.key);
    case 'tls-offset':
      return compareTlsOffset(check, address, expected.module, expected.value);
    case 'copy': {
      const { memory } = check;
      const same = memory.read(address, expected.size).equals(memory.read(expected.from, expected.size));
      return same ? undefined : `the copy differs from its source at ${hex(expected.from)}`;
    }
  }
}

function compareValue(
  { memory }: Check,
  address: Address,
  expected: WordValue,
  width: 4 | 8,
): string | undefined {
  if (memory.holds(address, expected, width)) return undefined;
  const captured = numberIn(memory.read(address, width));
  return `computed from the files ${hex(expected)}, captured ${hex(captured)}`;
}

/**
 * The same symbol gives the same function everywhere: one of its own module, or of the vdso (`time`), or none
 * (glibc's `init_cacheinfo` is a resolver that only wants to run). */
function compareIfunc(check: Check, address: Address, module: Module, key: string): string | undefined {
  const captured = check.memory.read(address, 8).readBigUInt64LE(0);
  const known = check.ifuncs.get(key) ?? captured;
  check.ifuncs.set(key, captured);
  if (known !== captured) return `an IFUNC gave ${hex(known)} before, captured ${hex(captured)}`;
  const home = check.captures.first.regions.find((region) => region.module === module);
  const { vdso } = check.captures.first.context;
  const inside = [home, vdso].some((r) => r && captured >= BigInt(r.start) && captured < BigInt(r.end));
  return inside || captured === 0n ? undefined : `an IFUNC of ${module.name}, captured ${hex(captured)}`;
}

function compareTlsOffset(check: Check, address: Address, module: Module, value: bigint): string | undefined {
  const captured = check.memory.read(address, 8).readBigInt64LE(0);
  const offset = value - captured;
  const known = check.tlsOffsets.get(module) ?? offset;
  check.tlsOffsets.set(module, known);
  return known === offset
    ? undefined
    : `${module.name} has TLS offset ${hex(known)}, here it is ${hex(offset)}`;
}

/** The first capture's. */
interface Memory {
  readonly read: (address: Address, length: number) => Buffer;
  /** Whether so many bytes at an address are this value. */
  readonly holds: (address: Address, value: WordValue, width: 4 | 8) => boolean;
}

const twoTo32 = 2 ** 32;

/** Reads across pages; the last page is kept, since relocations are mostly in order. */
function memoryReader(captures: Captures, compared: readonly ComparedRegion[]): Memory {
  const regions = captures.first.regions.map((region, index) => ({
    ...region,
    source: regionPages(region),
    pages: at(compared, index, 'compared region').pages,
  }));
  let last: { start: Address; bytes: Buffer } = { start: -1, bytes: Buffer.alloc(0) };
  const pageAt = (start: Address): Buffer => {
    if (last.start === start) return last.bytes;
    const region = regions.find(
      (each) => start >= each.start && start < each.end && each.mappings.length > 0,
    );
    if (!region) throw new LinkonceError(`a relocation refers to ${hex(start)}, which no module has`);
    last = { start, bytes: region.pages.get(start) ?? region.source.original(start) };
    return last.bytes;
  };
  const read = (address: Address, length: number): Buffer => {
    const start = roundDown(address);
    const inPage = pageAt(start).subarray(address - start, address - start + length);
    if (inPage.length === length) return inPage;
    const parts = [inPage];
    for (let next = start + pageSize; next < address + length; next += pageSize)
      parts.push(pageAt(next).subarray(0, Math.min(pageSize, address + length - next)));
    return Buffer.concat(parts);
  };
  const holds = (address: Address, value: WordValue, width: 4 | 8): boolean => {
    const page = pageAt(roundDown(address));
    const at = address % pageSize;
    if (at + width > pageSize || typeof value === 'bigint')
      return numberIn(read(address, width)) === BigInt(value);
    const high = width === 8 ? page.readUInt32LE(at + 4) : 0;
    return high * twoTo32 + page.readUInt32LE(at) === value;
  };
  return { read, holds };
}

function numberIn(bytes: Buffer): bigint {
  return bytes.length === 8 ? bytes.readBigUInt64LE(0) : BigInt(bytes.readUInt32LE(0));
}
