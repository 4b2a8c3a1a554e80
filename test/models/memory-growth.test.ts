import { expect, it } from 'vitest';
import { memoryOfProcesses } from '../../src/models/memory-growth.ts';

it('counts shared memory once', () => {
  const law = { sharedKb: 5000, privateKb: 120 };
  expect([0, 1, 4].map((processes) => memoryOfProcesses(law, processes))).toEqual([0, 5120, 5480]);
});
