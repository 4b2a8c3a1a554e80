/** Parts of a measurement that several schemas have. */
import { z } from 'zod';
import { isRange } from '../measure/address-space.ts';
import { unmeasuredStatuses } from '../measure/measurement.ts';

export const amount = z.number().nonnegative();
export const count = z.int().nonnegative();
export const estimate = z.object({ median: amount, low: amount, high: amount });
export const head = { system: z.string().min(1), variant: z.string().min(1) };

export const memory = {
  privateKb: amount,
  sharedKb: amount,
  pssKb: amount,
  pageTablesKb: amount,
  mappings: amount,
};

export const frames = z.object({ oneProcessKb: amount, oneProgramKb: amount, severalProgramsKb: amount });

export const compressed = z.object({
  pagedOutKb: amount,
  compressedKb: amount,
  withGapsKb: amount,
  readBackMs: estimate,
});

export const space = z
  .object({ names: z.array(z.string()), ranges: z.array(z.string()) })
  .refine(({ names, ranges }) => ranges.every((range) => isRange(range, names)), 'has a range that is none');

export const machine = z.object({
  kernel: z.string(),
  cpu: z.string(),
  cores: count,
  memoryKb: count,
  libc: z.string(),
  node: z.string(),
});

export const unmeasured = z.object({ ...head, status: z.enum(unmeasuredStatuses), reason: z.string() });
