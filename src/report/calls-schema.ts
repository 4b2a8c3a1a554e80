/** What the call lab found as zod checks it; the type in measure/call-measurement.ts is the definition. */
import { z } from 'zod';
import type { CallMeasurement } from '../measure/call-measurement.ts';
import { callsVersion, figureIds } from '../measure/call-measurement.ts';
import { estimate, head, machine, unmeasured } from './schema-parts.ts';

const figure = z.object({
  ns: estimate,
  toStatic: estimate,
  toBaseLine: estimate,
  samplesNs: z.array(z.number().positive()),
});

const figures = z.record(z.enum(figureIds), figure);

const measured = z.object({ ...head, status: z.literal('measured'), figures });

const count = z.int().positive();

export const callMeasurementSchema: z.ZodType<CallMeasurement> = z.object({
  format: z.literal('linkonce-calls'),
  version: z.literal(callsVersion),
  date: z.iso.datetime(),
  machine,
  settings: z.object({ rounds: count, calls: count, repetitions: count }),
  staticLink: figures,
  results: z.array(z.discriminatedUnion('status', [measured, unmeasured])),
});
