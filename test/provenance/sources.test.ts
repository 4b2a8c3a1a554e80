/** Which pairs of values are explained, and that nothing else is. */
import fc from 'fast-check';
import { availableParallelism } from 'node:os';
import { describe, expect, test, vi } from 'vitest';
import { captureProgram } from '../../src/capture/capture-program.ts';
import type { Capture } from '../../src/capture/capture.ts';
import { Tracee } from '../../src/capture/ptrace.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { explainCaptures } from '../../src/provenance/explain-captures.ts';
import { createExplainer } from '../../src/provenance/sources.ts';
import { testProgram } from '../programs/build.ts';

const { first, second } = captureProgram(loadProgram(testProgram('threads').path));
const explainer = createExplainer(first, second);

/** A source's value in a capture. */
type Value = (capture: Capture) => bigint;

const given: Readonly<Record<string, Value>> = {
  'stack-pointer': ({ context }) => BigInt(context.stackPointer),
  argv: ({ context }) => BigInt(context.argv),
  envp: ({ context }) => BigInt(context.envp),
  auxv: ({ context }) => BigInt(context.auxv),
  'stack-canary': ({ context }) => context.random.readBigUInt64LE(0) & ~0xffn,
  'pointer-guard': ({ context }) => context.random.readBigUInt64LE(8),
};
const ints: Readonly<Record<string, Value>> = {
  argc: ({ context }) => BigInt(context.argc),
  'thread-id': ({ context }) => BigInt(context.threadId),
};
const moving: Readonly<Record<string, Value>> = {
  vdso: ({ context }) => BigInt(context.vdso.start),
  'program-break': ({ context }) => BigInt(context.programBreak),
};
const movable = first.regions.flatMap((region, index) =>
  region.movable && region.kind !== 'heap' ? [{ ...region, index }] : [],
);
const region = fc.constantFrom(...movable);

function startOf(capture: Capture, index: number): bigint {
  return BigInt(capture.regions[index]?.start ?? 0);
}

/** A pair that is an argc or a thread id by chance. */
function isInt(a: bigint, b: bigint): boolean {
  return Object.values(ints).some((value) => value(first) === a && value(second) === b);
}

function limitInPages(): bigint {
  return ((second.context.stackLimit + 4095n) / 4096n) * 4096n;
}

describe('explained', () => {
  test.each(Object.entries(given))('%s', (kind, value) => {
    expect(explainer.explain(value(first), value(second))).toMatchObject({
      source: { kind },
      addend: 0,
      width: 8,
    });
  });

  test('a size that is the stack’s limit in whole pages, and another one without a limit', () => {
    const limit = second.context.stackLimit;
    const pages = limitInPages();
    const explain = (a: bigint, b: bigint) => explainer.explain(a, b);
    expect(explain(0x20_0000n, pages)).toMatchObject({ source: { kind: 'stack-limit' }, addend: 0x20_0000 });
    for (const [a, b] of [
      [0x20_0001n, pages],
      [0x20_0000n, limit],
      [0n, pages],
      [0x20_0000n, pages + 4096n],
    ] as const)
      expect(explain(a, b) ?? {}).not.toMatchObject({ source: { kind: 'stack-limit' } });
  });

  test.each(Object.entries(ints))('%s beside any other int', (kind, value) => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 0xffff_ffffn }), (other) => {
        const [a, b] = [first, second].map((capture) => (other << 32n) | value(capture));
        expect(explainer.explain(a!, b!)).toMatchObject({ source: { kind }, width: 4 });
      }),
    );
  });

  test.each(Object.entries(moving))('%s with what is added', (kind, value) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xfff }), (addend) => {
        const [a, b] = [first, second].map((capture) => value(capture) + BigInt(addend));
        expect(explainer.explain(a!, b!)).toMatchObject({ source: { kind }, addend });
      }),
    );
  });

  test('an address in any region', () => {
    fc.assert(
      fc.property(region, fc.double({ min: 0, max: 1, noNaN: true }), ({ index, start, end }, part) => {
        const offset = BigInt(Math.floor((end - start) * part));
        const [a, b] = [startOf(first, index) + offset, startOf(second, index) + offset];
        expect(explainer.explain(a, b)).toEqual({ kind: 'reference', region: index });
      }),
    );
  });

  test('a reading of the clock, and a time between two, where the linker keeps one', () => {
    const part = fc.double({ min: 0.001, max: 1, noNaN: true });
    fc.assert(
      fc.property(part, part, fc.boolean(), (one, two, isReading) => {
        const time = ({ context }: Capture, share: number): bigint => {
          const { begin, end } = context.ticks;
          return BigInt(Math.floor(Number(end - begin) * share)) + (isReading ? begin : 0n);
        };
        const pair = [time(first, one), time(second, two)] as const;
        expect(explainer.explain(...pair, 'clock')).toEqual({ kind: 'time-stamp' });
        expect(explainer.explain(...pair)).toBeUndefined();
        expect(explainer.explain(...pair, 'linker')).toBeUndefined();
      }),
    );
  });

  test('no time: longer than the capture took, or of before or after it', () => {
    const beyond = fc.bigInt({ min: 1n, max: 0xffff_ffffn });
    const later = ({ context: { ticks } }: Capture, by: bigint) => ticks.end + by;
    const longer = ({ context: { ticks } }: Capture, by: bigint) => ticks.end - ticks.begin + by;
    const earlier = ({ context: { ticks } }: Capture, by: bigint) => ticks.begin - by;
    fc.assert(
      fc.property(beyond, beyond, fc.constantFrom(later, longer, earlier), (one, two, wrong) => {
        fc.pre(one !== two);
        const time = second.context.ticks.begin;
        for (const pair of [
          [wrong(first, one), wrong(second, two)],
          [wrong(first, one), time],
        ] as const)
          expect(explainer.explain(...pair, 'clock')?.kind).not.toBe('time-stamp');
      }),
    );
    expect(explainer.explain(1n, 0n, 'clock')).toBeUndefined();
  });
});

describe('the initial APIC id, beside what else leaf 1 of cpuid has in ebx', () => {
  const ebx = BigInt(first.context.processor?.answers.find(({ leaf }) => leaf === 1)?.ebx ?? 0) & 0xff_ffffn;
  const id = fc.bigInt({ min: 0n, max: 0xffn });
  const half = fc.bigInt({ min: 0n, max: 0xffff_ffffn });
  const word = (apicId: bigint, other: bigint, isUpper: boolean): bigint => {
    const own = (apicId << 24n) | ebx;
    return isUpper ? (own << 32n) | other : (other << 32n) | own;
  };

  test('is known in the memory of the linker, and nowhere else', () => {
    fc.assert(
      fc.property(id, id, half, fc.boolean(), (one, two, other, isUpper) => {
        fc.pre(one !== two);
        const pair = [word(one, other, isUpper), word(two, other, isUpper)] as const;
        expect(explainer.explain(...pair, 'linker')).toEqual({ kind: 'apic-id' });
        expect(explainer.explain(...pair)).toBeUndefined();
      }),
    );
  });

  test('explains no other bit', () => {
    fc.assert(
      fc.property(id, half, half, fc.nat(23), fc.boolean(), (apicId, one, other, bit, isUpper) => {
        fc.pre(one !== other);
        const own = word(apicId, one, isUpper);
        const flipped = own ^ (1n << BigInt(isUpper ? bit + 32 : bit));
        expect(explainer.explain(own, flipped, 'linker')).toBeUndefined();
        expect(explainer.explain(own, word(apicId, other, isUpper), 'linker')).toBeUndefined();
      }),
    );
  });
});

test('captures on different processors explain a program all the same', ({ skip }) => {
  if (availableParallelism() < 2) skip('this machine has one processor');
  const start = Tracee.start.bind(Tracee);
  let cpu = 0;
  vi.spyOn(Tracee, 'start').mockImplementation((how) => start({ ...how, cpu: cpu++ }));
  const captures = captureProgram(loadProgram(testProgram('threads').path));
  vi.restoreAllMocks();
  const [one, two] = [captures.first, captures.second].map(
    ({ context }) => context.processor?.answers.find(({ leaf }) => leaf === 1)?.ebx,
  );
  expect(one).not.toBe(two);
  const counts = explainCaptures(captures).counts.map((each) => each['apic-id']);
  expect(counts.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0);
});

describe('what is told by numbers', () => {
  /** As a word of a page is read: exact below 2^53. */
  const regionOf = (a: bigint, b: bigint): number | undefined => explainer.regionOf(Number(a), Number(b));
  const any = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  const values = [...Object.values(given), ...Object.values(moving), ...Object.values(ints), limitInPages];
  const near = fc.bigInt({ min: -0x20_0000n, max: 0x20_0000n });
  const pairs = fc.oneof(
    fc.tuple(any, any),
    fc
      .tuple(region, region, near, fc.bigInt({ min: -2n, max: 2n }), fc.boolean())
      .map(([{ index }, other, distance, wrong, isWrong]): [bigint, bigint] => [
        startOf(first, index) + distance,
        startOf(second, isWrong ? other.index : index) + distance + (isWrong ? wrong : 0n),
      ]),
    fc
      .tuple(fc.constantFrom(...values), fc.constantFrom(...values), near)
      .map(([one, two, distance]): [bigint, bigint] => [one(first) + distance, two(second) + distance]),
  );

  test('is what is explained, whatever the words are', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        fc.pre(a >= 0n && b >= 0n && a !== b);
        const found = regionOf(a, b);
        if (found !== undefined)
          expect(explainer.explain(a, b)).toEqual({ kind: 'reference', region: found });
      }),
      { numRuns: 5000 },
    );
  });

  test('is every address in a region', () => {
    fc.assert(
      fc.property(region, fc.double({ min: 0, max: 1, noNaN: true }), ({ index, start, end }, part) => {
        const distance = BigInt(Math.floor((end - start) * part));
        const pair = [startOf(first, index) + distance, startOf(second, index) + distance] as const;
        fc.pre(!Object.values(given).some((value) => value(first) === pair[0]));
        expect(regionOf(...pair)).toBe(index);
      }),
    );
  });

  test('is nothing of what a process is given', () => {
    for (const value of Object.values(given)) expect(regionOf(value(first), value(second))).toBeUndefined();
  });
});

describe('not explained', () => {
  const word = fc.oneof(
    fc.bigInt({ min: 0n, max: 0xffn }),
    fc.bigInt({ min: 0n, max: 0xffff_ffffn }),
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  );

  test('any two numbers', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        fc.pre(a !== b && !isInt(a & 0xffff_ffffn, b & 0xffff_ffffn));
        expect(explainer.explain(a, b)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  test('one number, and what a source is in the other capture', () => {
    const values = [...Object.values(given), ...Object.values(moving), ...Object.values(ints)];
    fc.assert(
      fc.property(fc.constantFrom(...values), word, fc.boolean(), (value, other, isFirst) => {
        const [a, b] = isFirst ? [value(first), other] : [other, value(second)];
        fc.pre(a !== b && !isInt(a & 0xffff_ffffn, b & 0xffff_ffffn));
        expect(explainer.explain(a, b)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  test('an address that moved by another distance than its region', () => {
    fc.assert(
      fc.property(region, fc.bigInt({ min: -0xffffn, max: 0xffffn }), ({ index }, wrong) => {
        // Whole pages may be another region's distance.
        fc.pre(wrong % 0x1000n !== 0n);
        expect(explainer.explain(startOf(first, index), startOf(second, index) + wrong)).toBeUndefined();
      }),
    );
  });

  test("an address far outside of the region whose distance it moved by, and the distance of one region from another's", () => {
    fc.assert(
      fc.property(region, region, (one, other) => {
        fc.pre(one.index !== other.index);
        const distance = startOf(second, one.index) - startOf(first, one.index);
        expect(explainer.explain(7n, 7n + distance)).toBeUndefined();
        const apart = (capture: Capture): bigint =>
          BigInt.asUintN(64, startOf(capture, one.index) - startOf(capture, other.index));
        // Two regions may be as far apart as the second capture's stack may grow.
        fc.pre(apart(second) !== limitInPages());
        expect(explainer.explain(apart(first), apart(second))).toBeUndefined();
      }),
    );
  });
});
