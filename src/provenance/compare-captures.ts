/**
 * The first derivation: compares the captures word by word. A word that is the same in both is a constant; one that
 * differs must be explained by its two values; one that stays unexplained refuses the program.
 */
import type { Capture, Region } from '../capture/capture.ts';
import type { Module } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import { at } from '../util/present.ts';
import type { Address, Vaddr } from '../util/units.ts';
import { hex, pageSize, roundDown } from '../util/units.ts';
import type { ProcessWord, WordCounts, WordKind } from './explained.ts';
import { wordKinds } from './explained.ts';
import type { RegionPages } from './region-pages.ts';
import { pageHalves, pageWords, regionPages } from './region-pages.ts';
import type { Explainer, Explanation, Keeper } from './sources.ts';
import type { BoundSlots } from './lazy-slots.ts';
import type { TornWords } from './torn-words.ts';
import { readTorn, tornWords } from './torn-words.ts';

/** A region's words, sorted by what they are made of. Addresses are the first capture's. */
export interface ComparedRegion {
  readonly pages: Map<Address, Buffer>;
  /** Of equal length: where each is, and the index of the region that it refers to. There are millions. */
  readonly references: { readonly addresses: Address[]; readonly targets: number[] };
  readonly processWords: ProcessWord[];
  readonly counts: WordCounts;
}

interface Comparison {
  readonly index: number;
  readonly region: Region;
  readonly shift: number;
  readonly first: RegionPages;
  readonly second: RegionPages;
  readonly explainer: Explainer;
  readonly slots: BoundSlots;
  readonly kernelWritten: { readonly start: Address; readonly end: Address };
  readonly torn: TornWords;
  /** It is the linker's own memory. */
  readonly isLinker: boolean;
  /** Addresses of the words in which the linker keeps times. */
  readonly clocks: ReadonlySet<Address>;
  readonly result: ComparedRegion & { readonly counts: Record<WordKind, number> };
}

export interface ComparisonInput {
  readonly first: Capture;
  readonly second: Capture;
  readonly explainer: Explainer;
  readonly slots: BoundSlots;
  /** Where the linker keeps times, relative to its load bias. */
  readonly clockWords: ReadonlySet<Vaddr>;
  readonly interpreter: Module;
}

/** Throws Refusal naming module, offset and both values of the first word without explanation. */
export function compareRegion(input: ComparisonInput, index: number): ComparedRegion {
  const region = at(input.first.regions, index, 'region');
  const other = at(input.second.regions, index, 'region');
  const { rseq } = input.first.registrations;
  const comparison: Comparison = {
    index,
    region,
    shift: other.start - region.start,
    first: regionPages(region),
    second: regionPages(other),
    explainer: input.explainer,
    slots: input.slots,
    kernelWritten: rseq ? { start: rseq.address, end: rseq.address + rseq.length } : { start: 0, end: 0 },
    torn: tornWords(region),
    isLinker: region.module === input.interpreter,
    clocks: new Set([...input.clockWords].map((word) => region.loadBias + word)),
    result: {
      pages: new Map(),
      references: { addresses: [], targets: [] },
      processWords: [],
      counts: zeroCounts(),
    },
  };
  for (const address of writtenInEither(comparison)) comparePage(comparison, address);
  for (const address of comparison.torn.addresses) explainTorn(comparison, address);
  const { result } = comparison;
  return { ...result, pages: new Map([...result.pages].sort(([a], [b]) => a - b)) };
}

function zeroCounts(): Record<WordKind, number> {
  return Object.fromEntries(wordKinds.map((kind) => [kind, 0])) as Record<WordKind, number>;
}

function writtenInEither({ first, second, shift }: Comparison): Address[] {
  const union = new Set([...first.written, ...second.written.map((address) => address - shift)]);
  return [...union].sort((a, b) => a - b);
}

/** A page is kept where the linker changed it. */
function comparePage(comparison: Comparison, address: Address): void {
  const { first, second, shift, slots, result } = comparison;
  const kept = copyPage(first.page(address));
  const words = pageWords(kept);
  const [a, b] = [pageHalves(kept), pageHalves(second.page(address + shift))];
  const original = pageHalves(first.original(address));
  const pageSlots = slots.inPage(address);
  for (let low = 0; low < a.length; low += 2) {
    const slot = pageSlots?.get(low / 2);
    if (slot !== undefined) takeSlot(comparison, words, address, low / 2, slot);
    else if (a[low] !== b[low] || a[low + 1] !== b[low + 1]) explainHalves(comparison, a, b, address, low);
    else if (a[low] !== original[low] || a[low + 1] !== original[low + 1]) result.counts.constant++;
  }
  resetKernelWritten(comparison, words, address);
  if (!kept.equals(first.original(address))) result.pages.set(address, kept);
}

function copyPage(page: Buffer): Buffer {
  const copy = Buffer.alloc(pageSize);
  page.copy(copy);
  return copy;
}

/** A lazy slot takes the value that the linker gives it when it binds at once. */
function takeSlot(
  { result, slots }: Comparison,
  words: BigUint64Array,
  page: Address,
  index: number,
  value: bigint,
): void {
  words[index] = value;
  const region = slots.regionOf(value);
  if (region === undefined) result.counts.constant++;
  else addReference(result, page + index * 8, region);
}

function addReference(result: Comparison['result'], address: Address, region: number): void {
  result.references.addresses.push(address);
  result.references.targets.push(region);
  result.counts.reference++;
}

/** Most words that differ are references, and most references are told by numbers. */
function explainHalves(
  comparison: Comparison,
  a: Uint32Array,
  b: Uint32Array,
  page: Address,
  low: number,
): void {
  const { torn, kernelWritten, explainer, result } = comparison;
  const address = page + low * 4;
  const isPlain = !torn.mayHold(address) && (address < kernelWritten.start || address >= kernelWritten.end);
  const region = isPlain
    ? explainer.regionOf(a[low + 1]! * twoTo32 + a[low]!, b[low + 1]! * twoTo32 + b[low]!)
    : undefined;
  if (region !== undefined) addReference(result, address, region);
  else explainWord(comparison, address, wordAt(a, low), wordAt(b, low));
}

const twoTo32 = 2 ** 32;

function wordAt(halves: Uint32Array, low: number): bigint {
  return (BigInt(halves[low + 1]!) << 32n) | BigInt(halves[low]!);
}

function explainWord(comparison: Comparison, address: Address, first: bigint, second: bigint): void {
  const { kernelWritten, torn, explainer } = comparison;
  if (torn.holds(address, first ^ second)) return;
  if (address >= kernelWritten.start && address < kernelWritten.end) return;
  const explanation =
    explainer.explain(first, second, keeperOf(comparison, address)) ?? explainHigh(comparison, first, second);
  if (!explanation) throw new Refusal(describeUnexplained(comparison, address, first, second));
  take(comparison, address, explanation);
}

function keeperOf({ clocks, isLinker }: Comparison, address: Address): Keeper {
  if (!isLinker) return 'other';
  return clocks.has(address) ? 'clock' : 'linker';
}

/** Where it moved it must be a reference: the loader writes whole words only. */
function explainTorn(comparison: Comparison, address: Address): void {
  const { first, second, shift, explainer, result } = comparison;
  const [a, b] = [readTorn(first, address), readTorn(second, address + shift)];
  if (a === b) return;
  const explanation = explainer.explain(a, b);
  if (explanation?.kind !== 'reference') throw new Refusal(describeUnexplained(comparison, address, a, b));
  addReference(result, address, explanation.region);
  // The upper bytes of an address are often what the file has: the page with these alone was not kept.
  for (const page of [roundDown(address), roundDown(address + 7)])
    if (!result.pages.has(page)) result.pages.set(page, copyPage(first.page(page)));
}

/**
 * struct rseq of linux/rseq.h as it is before it is registered: cpu_id_start 0, cpu_id RSEQ_CPU_ID_UNINITIALIZED (-1), the
 * rest zero.
 */
function resetKernelWritten(
  { kernelWritten, result }: Comparison,
  words: BigUint64Array,
  page: Address,
): void {
  for (let { start } = kernelWritten; start < kernelWritten.end; start += 8) {
    if (roundDown(start) !== page) continue;
    words[(start - page) / 8] = start === kernelWritten.start ? 0xffff_ffffn << 32n : 0n;
    result.counts['kernel-written']++;
  }
}

/** An int in the upper half of its word: explained as if it stood alone, at address + 4. */
function explainHigh({ explainer }: Comparison, first: bigint, second: bigint): Explanation | undefined {
  const mask = 0xffff_ffffn;
  if ((first & mask) !== (second & mask)) return undefined;
  const explanation = explainer.explain(first >> 32n, second >> 32n);
  return explanation?.kind === 'process' && explanation.width === 4
    ? { ...explanation, upper: true }
    : undefined;
}

function take({ result, index }: Comparison, address: Address, explanation: Explanation): void {
  if (explanation.kind === 'reference') addReference(result, address, explanation.region);
  else if (explanation.kind !== 'process') result.counts[explanation.kind]++;
  else {
    const { source, addend, width, upper } = explanation;
    result.counts[source.kind]++;
    result.processWords.push({
      address: upper ? address + 4 : address,
      region: index,
      width,
      source,
      addend,
    });
  }
}

/** `libc.so.6 + 0x1d2b40` or `anonymous memory 3 + 0x10`. */
export function placeName(region: Region, index: number, address: Address): string {
  const name = region.module?.name ?? `${region.kind} memory ${String(index)}`;
  return `${name} + ${hex(address - region.start)}`;
}

function describeUnexplained(
  comparison: Comparison,
  address: Address,
  first: bigint,
  second: bigint,
): string {
  const place = placeName(comparison.region, comparison.index, address);
  return `${place}: its linker wrote a word that is not explained: ${hex(first)} in one capture, ${hex(second)} in the other`;
}
