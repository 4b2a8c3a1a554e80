import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lessFrom, memoryOfProcesses } from '../../src/models/memory-growth.ts';

it('counts shared memory once', () => {
  const law = { sharedKb: 5000, privateKb: 120 };
  expect([0, 1, 4].map((processes) => memoryOfProcesses(law, processes))).toEqual([0, 5120, 5480]);
});

it('finds the very process from which on one takes less than the other', () => {
  const law = fc.record({ sharedKb: fc.nat(100_000), privateKb: fc.nat(5000) });
  fc.assert(
    fc.property(law, law, (one, other) => {
      const isLess = (processes: number): boolean =>
        memoryOfProcesses(one, processes) < memoryOfProcesses(other, processes);
      const from = lessFrom(one, other);
      if (from === undefined) expect(isLess(1_000_000)).toBe(false);
      else {
        expect([from, from + 1, 1_000_000].map(isLess)).toEqual([true, true, true]);
        if (from > 1) expect(isLess(from - 1)).toBe(false);
      }
    }),
  );
});
