/** Parts of a measurement that several schemas have. */
import { z } from 'zod';
import { unmeasuredStatuses } from '../measure/measurement.ts';

export const amount = z.number().nonnegative();
export const count = z.int().nonnegative();
export const estimate = z.object({ median: amount, low: amount, high: amount });
export const head = { system: z.string().min(1), variant: z.string().min(1) };

export const machine = z.object({
  kernel: z.string(),
  cpu: z.string(),
  cores: count,
  memoryKb: count,
  libc: z.string(),
  node: z.string(),
});

export const unmeasured = z.object({ ...head, status: z.enum(unmeasuredStatuses), reason: z.string() });
