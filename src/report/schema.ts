/** The measurement as zod checks it; the type in measure/measurement.ts is the definition, and the compiler compares the two. */
import { z } from 'zod';
import type { Measurement } from '../measure/measurement.ts';
import { warningKinds } from '../measure/measurement.ts';

const amount = z.number().nonnegative();
const count = z.int().nonnegative();
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

const memory = { privateKb: amount, sharedKb: amount, pssKb: amount, pageTablesKb: amount, mappings: amount };

const measured = z.object({
  ...head,
  status: z.literal('measured'),
  startupMs: estimate.exactOptional(),
  startupRatio: estimate.exactOptional(),
  ...memory,
  minorFaults: amount.exactOptional(),
  diskKb: amount,
  bindMs: amount,
  samplesMs: z.array(amount),
});

export const unmeasured = z.object({ ...head, status: z.enum(['refused', 'failed']), reason: z.string() });

const frames = z.object({ oneProcessKb: amount, oneProgramKb: amount, severalProgramsKb: amount });

const measuredWorkload = z.object({
  ...head,
  status: z.literal('measured'),
  programs: z.array(count),
  ...memory,
  frames: frames.exactOptional(),
  processes: z.array(z.object({ program: count, ...memory, frames: frames.exactOptional() })),
});

const program = z.object({
  path: z.string(),
  arguments: z.array(z.string()),
  modules: count,
  processes: count,
  timed: z.boolean(),
  results: z.array(z.discriminatedUnion('status', [measured, unmeasured])),
});

const warning = z.object({
  kind: z.enum(warningKinds),
  message: z.string(),
  program: count.exactOptional(),
});

export const measurementSchema: z.ZodType<Measurement> = z.object({
  format: z.literal('linkonce-measurement'),
  version: z.literal(2),
  date: z.iso.datetime(),
  machine,
  settings: z.object({
    runs: count,
    moment: z.union([z.enum(['entry', 'exit']), z.number().positive()]),
  }),
  programs: z.array(program).min(1),
  workload: z.array(z.discriminatedUnion('status', [measuredWorkload, unmeasured])),
  warnings: z.array(warning),
});
