/** The lines of a journal as zod checks them; the types in measure/journal.ts are the definition. */
import { z } from 'zod';
import type { JournalEntry } from '../measure/journal.ts';
import { warningKinds } from '../measure/measurement.ts';
import { callMeasurementSchema, callSettings } from './calls-schema.ts';
import { amount, compressed, count, frames, machine, memory, space } from './schema-parts.ts';

const failure = z.object({ failure: z.string() });
const attempt = <T extends z.ZodType>(value: T) => z.union([z.object({ value }), failure]);

const weighing = z.object({
  weights: z.array(
    z.object({
      processes: z.array(z.object(memory)).min(1),
      didNotEnd: z.boolean(),
      endedEarly: z.boolean(),
      executedAnother: z.boolean(),
      space: space.exactOptional(),
    }),
  ),
  sharing: z.object({ total: frames, processes: z.array(frames) }).exactOptional(),
});

const behaviour = z.object({
  ends: z.boolean(),
  warnings: z.array(z.object({ kind: z.enum(warningKinds), message: z.string() })),
  failures: z.array(z.tuple([z.string(), z.string()])),
});

const end = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('exit'), status: count }),
  z.object({ kind: z.literal('signal'), signal: count }),
  z.object({ kind: z.literal('timeout') }),
  z.object({ kind: z.literal('failed'), errno: count }),
]);

const run = z.object({ round: count, ns: amount, end, minorFaults: count, majorFaults: count });

const program = count;
const candidate = z.string();

export const journalEntrySchema: z.ZodType<JournalEntry> = z.discriminatedUnion('step', [
  z.object({ step: z.literal('behaviour'), program, found: behaviour }),
  z.object({ step: z.literal('run'), program, candidate, run }),
  z.object({ step: z.literal('speed'), ns: amount }),
  z.object({
    step: z.literal('alone'),
    program,
    candidate: candidate.exactOptional(),
    found: attempt(weighing),
  }),
  z.object({
    step: z.literal('growth'),
    ...{ program, candidate, processes: count },
    found: attempt(z.object(memory)),
  }),
  z.object({ step: z.literal('zram'), program, candidate, found: attempt(compressed) }),
  z.object({ step: z.literal('together'), candidate, found: attempt(weighing) }),
  z.object({ step: z.literal('calls'), found: attempt(callMeasurementSchema) }),
]);

const identity = z.object({
  path: z.string(),
  device: z.string(),
  inode: z.string(),
  size: z.string(),
  mtimeNs: z.string(),
  ctimeNs: z.string(),
});

/** Of the format. */
export const journalVersion = 1;

/** The first line. */
export const journalHeadSchema = z.object({
  format: z.literal('linkonce-journal'),
  version: z.literal(journalVersion),
  /** When the run began. */
  date: z.iso.datetime(),
  request: z.object({
    programs: z.array(z.object({ path: z.string(), arguments: z.array(z.string()), processes: count })),
    files: z.array(identity),
    systems: z.array(z.string()),
    settings: z.object({
      runs: count,
      moment: z.union([z.enum(['entry', 'exit']), z.number().positive()]),
      counts: z.array(count),
      mode: z.enum(['quick', 'full', 'custom']),
      window: count.exactOptional(),
      cold: z.boolean().exactOptional(),
      zram: z.boolean().exactOptional(),
      calls: callSettings.exactOptional(),
    }),
    machine,
  }),
});

export type JournalHead = z.infer<typeof journalHeadSchema>;
