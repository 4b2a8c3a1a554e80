/** The measurement as zod checks it; the type in measure/measurement.ts is the definition, and the compiler compares the two. */
import { z } from 'zod';
import type { Measurement } from '../measure/measurement.ts';
import { measurementVersion, warningKinds } from '../measure/measurement.ts';
import { callMeasurementSchema } from './calls-schema.ts';
import {
  amount,
  compressed,
  count,
  estimate,
  frames,
  head,
  machine,
  memory,
  space,
  unmeasured,
} from './schema-parts.ts';

const spread = z.object({ low: amount, high: amount });

const measured = z.object({
  ...head,
  status: z.literal('measured'),
  startupMs: estimate.exactOptional(),
  startupRatio: estimate.exactOptional(),
  ...memory,
  spread: z.object({
    privateKb: spread,
    sharedKb: spread,
    pssKb: spread,
    pageTablesKb: spread,
    mappings: spread,
  }),
  minorFaults: estimate.exactOptional(),
  growth: z.array(z.object({ processes: count, ...memory })).exactOptional(),
  zram: compressed.exactOptional(),
  space: space.exactOptional(),
  diskKb: amount,
  bindMs: amount,
  entries: z
    .object({
      imports: count,
      functions: count,
      used: count,
      room: count,
      againInModule: count,
      againForDependencies: count,
      toldApart: count,
    })
    .exactOptional(),
  samplesMs: z.array(amount),
});

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
  librariesKb: z.array(amount).exactOptional(),
  opened: count.exactOptional(),
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
  version: z.literal(measurementVersion),
  date: z.iso.datetime(),
  machine,
  linkonce: z.string().exactOptional(),
  settings: z.object({
    mode: z.enum(['quick', 'full', 'custom']),
    runs: count,
    moment: z.union([z.enum(['entry', 'exit']), z.number().positive()]),
    counts: z.array(count),
    cold: z.boolean().exactOptional(),
    zram: z.boolean().exactOptional(),
  }),
  programs: z.array(program).min(1),
  workload: z.array(z.discriminatedUnion('status', [measuredWorkload, unmeasured])),
  warnings: z.array(warning),
  calls: callMeasurementSchema.exactOptional(),
});
