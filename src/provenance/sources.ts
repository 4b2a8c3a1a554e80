/**
 * Explains a word by its two captured values. Everything that the linker can put into a word moved by an amount of its
 * own between the captures, so the difference of the values names what the word is made of: a region (each has its own
 * shift, even for pointers just outside it), the vdso, the break; or the values themselves are ones that the process was
 * given (stack pointer, argv, …, the random bytes, its thread id). Only a time has no value of its own: it is believed where
 * the linker is known to keep one (clock-words.ts), and nowhere else. What the linker keeps of `cpuid` names the processor that
 * it ran on, which may be another one at the next instruction: believed in the linker's own memory.
 */
import type { Capture, Context } from '../capture/capture.ts';
import { LinkonceError } from '../util/errors.ts';
import { unlimited } from '../capture/stack-limit.ts';
import { pageSize, roundUp } from '../util/units.ts';
import type { ProcessSource } from './explained.ts';
import { at, present } from '../util/present.ts';

export type Explanation =
  | { readonly kind: 'reference'; readonly region: number }
  | {
      readonly kind: 'process';
      readonly source: ProcessSource;
      readonly addend: number;
      readonly width: 4 | 8;
      /** A 4-byte word in the upper half. */
      readonly upper?: boolean;
    }
  | { readonly kind: 'time-stamp' | 'apic-id' };

/** Where a word stands: in one in which the linker keeps a time, in another one of the linker's, or elsewhere. */
export type Keeper = 'clock' | 'linker' | 'other';

/** How far a pointer may lie outside of the region that it belongs to, bytes: ends of tables, biased bases. */
const slack = 0x10_0000;
/** How deep below the initial stack pointer a dead frame may lie, bytes: the default limit of the stack. */
const deepestFrame = 0x80_0000;
/** No linker gives threads such a stack where it is not limited, bytes. */
const unlimitedBelow = 1n << 32n;

export interface Explainer {
  /** Undefined where the two values are not explained. They differ. */
  explain(first: bigint, second: bigint, keeper?: Keeper): Explanation | undefined;
  /**
   * The region of a word that `explain` would explain by nothing but it, for words of which both values are exact as numbers or above all
   * regions; undefined for all others, which `explain` may explain all the same.
   */
  regionOf(first: number, second: number): number | undefined;
}

/** Throws LinkonceError where the captures do not differ in all that they must (no address randomisation). */
export function createExplainer(first: Capture, second: Capture): Explainer {
  const shifts = regionShifts(first, second);
  const given = givenValues(first.context, second.context);
  return {
    regionOf: regionFinder(first.context, second.context, shifts, given),
    explain(a, b, keeper = 'other') {
      return (
        explainGiven(given, a, b) ??
        explainStackLimit(first.context, second.context, a, b) ??
        explainVariable(first.context, second.context, a, b) ??
        explainShift(shifts, a, b) ??
        explainHalves(first.context, second.context, a, b) ??
        (keeper === 'clock' ? explainTime(first.context, second.context, a, b) : undefined) ??
        (keeper === 'other' ? undefined : explainApicId(first.context, second.context, a, b))
      );
    },
  };
}

type Given = ReadonlyMap<bigint, { readonly source: ProcessSource; readonly other: bigint }>;

/** Values that `explain` explains before it looks at distances are left to it. */
function regionFinder(
  a: Context,
  b: Context,
  shifts: ReadonlyMap<bigint, Shift>,
  given: Given,
): Explainer['regionOf'] {
  const byDistance = new Map(
    [...shifts].flatMap(([distance, shift]) =>
      shift.region === undefined ? [] : [[Number(distance), { ...shift, region: shift.region }] as const],
    ),
  );
  const others = new Set([...given.keys()].map(Number));
  const limitPages = roundUp(Number(b.stackLimit));
  return (first, second) => {
    const shift = byDistance.get(second - first);
    if (!shift || first < shift.low || first > shift.high) return undefined;
    if (others.has(first) || second === limitPages) return undefined;
    return a.variables.some(({ start, end }) => first >= start && first < end) ? undefined : shift.region;
  };
}

/** Words that moved by one distance: what they are, and between which values that is believed. */
interface Shift {
  /** Index of the region that moved by it; absent for what is no region. */
  readonly region?: number;
  readonly explanation: (value: number) => Explanation;
  readonly low: number;
  readonly high: number;
}

function regionShifts(first: Capture, second: Capture): Map<bigint, Shift> {
  const shifts = new Map<bigint, Shift>();
  const add = (distance: number, shift: Shift, name: string): void => {
    if (distance === 0 || shifts.has(BigInt(distance)))
      throw new LinkonceError(
        `two captures place ${name} alike: is address randomisation off (randomize_va_space)?`,
      );
    shifts.set(BigInt(distance), shift);
  };
  first.regions.forEach((region, index) => {
    if (!region.movable || region.kind === 'heap') return;
    const distance = at(second.regions, index, 'region').start - region.start;
    const explanation = (): Explanation => ({ kind: 'reference', region: index });
    add(
      distance,
      { region: index, explanation, low: region.start - slack, high: region.end + slack },
      `region ${String(index)}`,
    );
  });
  const [a, b] = [first.context, second.context];
  add(b.stackPointer - a.stackPointer, deadFrame(a), 'the stack');
  add(b.vdso.start - a.vdso.start, relativeTo('vdso', a.vdso.start, a.vdso.start, a.vdso.end), 'the vdso');
  const heapEnd = a.programBreak + first.registrations.heapSize;
  add(
    b.programBreak - a.programBreak,
    relativeTo('program-break', a.programBreak, a.programBreak, heapEnd + slack),
    'the break',
  );
  return shifts;
}

/** A pointer below the initial stack pointer: into a frame of the linker that is gone (musl keeps one). */
function deadFrame({ stackPointer }: Context): Shift {
  return relativeTo('stack-pointer', stackPointer, stackPointer - deepestFrame, stackPointer - 1);
}

function relativeTo(
  kind: 'vdso' | 'program-break' | 'stack-pointer',
  start: number,
  low: number,
  high: number,
): Shift {
  const explanation = (value: number): Explanation => ({
    kind: 'process',
    source: { kind },
    addend: value - start,
    width: 8,
  });
  return { explanation, low, high };
}

function explainShift(shifts: Map<bigint, Shift>, a: bigint, b: bigint): Explanation | undefined {
  const shift = shifts.get(b - a);
  if (!shift) return undefined;
  const value = Number(a);
  if (value < shift.low || value > shift.high) return undefined;
  return shift.explanation(value);
}

/** Whole words that a process is given: value in the first capture → source and value in the second. */
function givenValues(a: Context, b: Context): Given {
  const given = new Map<bigint, { source: ProcessSource; other: bigint }>();
  const add = (source: ProcessSource, value: bigint, other: bigint): void => {
    if (!given.has(value)) given.set(value, { source, other });
  };
  add({ kind: 'stack-pointer' }, BigInt(a.stackPointer), BigInt(b.stackPointer));
  add({ kind: 'argv' }, BigInt(a.argv), BigInt(b.argv));
  add({ kind: 'envp' }, BigInt(a.envp), BigInt(b.envp));
  add({ kind: 'auxv' }, BigInt(a.auxv), BigInt(b.auxv));
  add({ kind: 'stack-canary' }, stackCanary(a), stackCanary(b));
  add({ kind: 'pointer-guard' }, a.random.readBigUInt64LE(8), b.random.readBigUInt64LE(8));
  if (a.drawn !== undefined && b.drawn !== undefined) add({ kind: 'random' }, a.drawn, b.drawn);
  for (const [type, value] of a.auxiliary) {
    const inStack = value >= BigInt(a.stack.start) && value < BigInt(a.stack.end);
    if (inStack)
      add(
        { kind: 'auxiliary', type },
        value,
        present(b.auxiliary.get(type), 'entry of the auxiliary vector'),
      );
  }
  return given;
}

/** glibc sysdeps/unix/sysv/linux/dl-osinfo.h: the first eight random bytes, the lowest one zero. */
function stackCanary(context: Context): bigint {
  return context.random.readBigUInt64LE(0) & ~0xffn;
}

function explainGiven(given: Given, a: bigint, b: bigint): Explanation | undefined {
  const found = given.get(a);
  if (found?.other !== b) return undefined;
  return { kind: 'process', source: found.source, addend: 0, width: 8 };
}

/** A pointer into a text of the environment, as musl keeps one to LD_LIBRARY_PATH: to the same place of it in both. */
function explainVariable(a: Context, b: Context, first: bigint, second: bigint): Explanation | undefined {
  const index = a.variables.findIndex(({ start, end }) => first >= BigInt(start) && first < BigInt(end));
  if (index < 0) return undefined;
  const addend = Number(first) - at(a.variables, index, 'variable').start;
  if (second !== BigInt(at(b.variables, index, 'variable').start + addend)) return undefined;
  return { kind: 'process', source: { kind: 'variable', index }, addend, width: 8 };
}

const low = (word: bigint): number => Number(word & 0xffff_ffffn);

/** argc and the thread id are ints: one may share its word with another field, which must be the same in both. */
function explainHalves(a: Context, b: Context, first: bigint, second: bigint): Explanation | undefined {
  if (first >> 32n !== second >> 32n) return undefined;
  const is = (one: number, two: number): boolean => low(first) === one && low(second) === two;
  const source: ProcessSource | undefined = is(a.threadId, b.threadId)
    ? { kind: 'thread-id' }
    : is(a.argc, b.argc)
      ? { kind: 'argc' }
      : undefined;
  return source && { kind: 'process', source, addend: 0, width: 4 };
}

/** What was kept of the stack's limit: the second capture has it in whole pages, the first a size of the linker's own. */
function explainStackLimit(a: Context, b: Context, first: bigint, second: bigint): Explanation | undefined {
  if (a.stackLimit !== unlimited || second !== BigInt(roundUp(Number(b.stackLimit)))) return undefined;
  if (first === 0n || first % BigInt(pageSize) !== 0n || first >= unlimitedBelow) return undefined;
  return { kind: 'process', source: { kind: 'stack-limit' }, addend: Number(first), width: 8 };
}

/** The linker's own statistics: a reading of the time stamp counter, or a time between two. Nothing depends on them. */
function explainTime(a: Context, b: Context, first: bigint, second: bigint): Explanation | undefined {
  const isTime = (isReading(a, first) && isReading(b, second)) || (isSpan(a, first) && isSpan(b, second));
  return isTime ? { kind: 'time-stamp' } : undefined;
}

function isReading({ ticks }: Context, value: bigint): boolean {
  return value >= ticks.begin && value <= ticks.end;
}

function isSpan({ ticks }: Context, value: bigint): boolean {
  return value > 0n && value <= ticks.end - ticks.begin;
}

/** Intel SDM volume 2, CPUID: leaf 1, ebx 31..24 is the initial APIC id; what is below is the same on all processors. */
const apicIdUnit = 0x100_0000;

/** An ebx of leaf 1 that the linker keeps; the other half of its word must be the same in both. */
function explainApicId(a: Context, b: Context, first: bigint, second: bigint): Explanation | undefined {
  const lower = isEbx(a, low(first)) && isEbx(b, low(second)) && first >> 32n === second >> 32n;
  const upper =
    isEbx(a, Number(first >> 32n)) && isEbx(b, Number(second >> 32n)) && low(first) === low(second);
  return lower || upper ? { kind: 'apic-id' } : undefined;
}

function isEbx({ processor }: Context, half: number): boolean {
  const answer = processor?.answers.find(({ leaf }) => leaf === 1);
  return answer !== undefined && answer.ebx % apicIdUnit === half % apicIdUnit;
}
