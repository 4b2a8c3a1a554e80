/** The parts of the page that need no browser: where labels and ticks go. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitAxis, preferredScale } from '../../src/report/page/axis.ts';
import { layOutLabels } from '../../src/report/page/label-layout.ts';

const frame = { left: 50, right: 800, top: 20, bottom: 420 };
const anchors = fc.array(
  fc.record({
    left: fc.constant(60),
    right: fc.constant(60),
    top: fc.constant(30),
    bottom: fc.constant(30),
    x: fc.integer({ min: 60, max: 790 }),
    y: fc.integer({ min: 30, max: 410 }),
    text: fc.constantFrom('image direct', 'got-plt lazy', 'hash-dispatcher trap', 'x'),
  }),
  { maxLength: 20 },
);

describe('layOutLabels', () => {
  it('keeps labels inside the frame and apart from one another', () => {
    fc.assert(
      fc.property(anchors, (marks) => {
        const labels = layOutLabels(marks, frame);
        for (const { labelX, labelY } of labels) {
          expect(labelX).toBeGreaterThan(frame.left);
          expect(labelX).toBeLessThan(frame.right);
          expect(labelY).toBeGreaterThan(frame.top);
          expect(labelY).toBeLessThan(frame.bottom);
        }
        for (const one of labels)
          for (const other of labels)
            if (one !== other && Math.abs(one.labelY - other.labelY) < 10)
              expect(Math.abs(one.labelX - other.labelX)).toBeGreaterThan(6);
      }),
      { numRuns: 50 },
    );
  });

  it('puts a label that has room to the right of its mark', () => {
    const [label] = layOutLabels(
      [{ x: 100, y: 100, left: 95, right: 105, top: 100, bottom: 100, text: 'alone' }],
      frame,
    );
    expect(label).toMatchObject({ labelY: 100, isFar: false });
    expect(label!.labelX).toBeGreaterThan(100);
  });
});

describe('a label', () => {
  it('does not cover the bar of its mark', () => {
    const [label] = layOutLabels(
      [{ x: 300, y: 200, left: 200, right: 400, top: 200, bottom: 200, text: 'wide' }],
      frame,
    );
    expect(Math.abs(label!.labelY - 200)).toBeGreaterThan(9);
  });
});

describe('fitAxis', () => {
  const values = fc.array(fc.double({ min: 0.01, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 20 });
  it('holds all values, and some round numbers in order', () => {
    fc.assert(
      fc.property(values, fc.constantFrom('linear' as const, 'log' as const), (numbers, type) => {
        const { domain, ticks } = fitAxis(numbers, type, 6);
        expect(domain[0]).toBeLessThanOrEqual(Math.min(...numbers));
        expect(domain[1]).toBeGreaterThanOrEqual(Math.max(...numbers));
        expect(ticks.every((tick) => tick >= domain[0] && tick <= domain[1])).toBe(true);
        expect([...ticks].sort((a, b) => a - b)).toEqual(ticks);
      }),
    );
  });
  it('has ticks that people like', () => {
    expect(fitAxis([9, 72], 'log', 10).ticks).toEqual([7, 10, 15, 20, 30, 40, 50, 70]);
    expect(fitAxis([9, 72], 'linear', 6).ticks).toEqual([0, 20, 40, 60]);
  });
});

describe('preferredScale', () => {
  it('is logarithmic for a wide range of positive figures only', () => {
    expect([preferredScale([8, 70]), preferredScale([8, 12]), preferredScale([0, 70])]).toEqual([
      'log',
      'linear',
      'linear',
    ]);
  });
});
