/** The measurement as zod checks it; the type in measure/measurement.ts is the definition, and the compiler compares the two. */
import { z } from 'zod';
import type { Measurement } from '../measure/measurement.ts';

const amount = z.number().nonnegative();
const count = z.int().nonnegative();
const estimate = z.object({ median: amount, low: amount, high: amount });
const head = { system: z.string().min(1), variant: z.string().min(1) };

const measured = z.object({
  ...head,
  status: z.literal('measured'),
  startupMs: estimate.exactOptional(),
  startupRatio: estimate.exactOptional(),
  privateKb: amount,
  sharedKb: amount,
  pssKb: amount,
  pageTablesKb: amount,
  mappings: amount,
  minorFaults: amount.exactOptional(),
  diskKb: amount,
  bindMs: amount,
  samplesMs: z.array(amount),
});

const unmeasured = z.object({ ...head, status: z.enum(['refused', 'failed']), reason: z.string() });

const warning = z.object({
  kind: z.enum([
    ...(['noisy', 'few-runs', 'first-run', 'exit-status'] as const),
    ...(['output-differs', 'did-not-end', 'ended-early'] as const),
  ]),
  message: z.string(),
});

export const measurementSchema: z.ZodType<Measurement> = z.object({
  format: z.literal('linkonce-measurement'),
  version: z.literal(1),
  date: z.iso.datetime(),
  machine: z.object({
    kernel: z.string(),
    cpu: z.string(),
    cores: count,
    memoryKb: count,
    libc: z.string(),
    node: z.string(),
  }),
  program: z.object({ path: z.string(), arguments: z.array(z.string()), modules: count }),
  settings: z.object({
    runs: count,
    processes: count,
    moment: z.union([z.enum(['entry', 'exit']), z.number().positive()]),
    timed: z.boolean(),
  }),
  results: z.array(z.discriminatedUnion('status', [measured, unmeasured])),
  warnings: z.array(warning),
});
