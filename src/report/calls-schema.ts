/** What the call lab found as zod checks it; the type in measure/call-measurement.ts is the definition. */
import { z } from 'zod';
import type { CallMeasurement } from '../measure/call-measurement.ts';
import { distances } from '../calls/distance.ts';
import { callsVersion, figureIds } from '../measure/call-measurement.ts';
import { unmeasuredStatuses } from '../measure/result.ts';
import { estimate, head, machine, unmeasured } from './schema-parts.ts';

const figure = z.object({
  ns: estimate,
  toStatic: estimate,
  toBaseLine: estimate,
  samplesNs: z.array(z.number().positive()),
});

const figures = z.record(z.enum(figureIds), figure);

const otherDistance = z.discriminatedUnion('status', [
  z.object({ status: z.literal('measured'), figures }),
  z.object({ status: z.enum(unmeasuredStatuses), reason: z.string() }),
]);

const measured = z.object({
  ...head,
  status: z.literal('measured'),
  figures,
  distance: z.enum(distances).exactOptional(),
  other: otherDistance.exactOptional(),
});

const count = z.int().positive();

export const callSettings = z.object({
  ...{ rounds: count, calls: count, repetitions: count },
  bothDistances: z.boolean().exactOptional(),
});

const current: z.ZodType<CallMeasurement> = z.object({
  format: z.literal('linkonce-calls'),
  version: z.literal(callsVersion),
  date: z.iso.datetime(),
  machine,
  settings: callSettings,
  staticLink: figures,
  results: z.array(z.discriminatedUnion('status', [measured, unmeasured])),
  jumps: z.array(z.object({ bytes: count, jumpNs: estimate, callNs: estimate })).exactOptional(),
});

/** Version 1 has the same figures, and nothing of distances: tables say so. */
export const callMeasurementSchema: z.ZodType<CallMeasurement> = z.preprocess(
  (value) => (isFirstVersion(value) ? { ...value, version: callsVersion } : value),
  current,
);

function isFirstVersion(value: unknown): value is { readonly version: 1 } {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === 1;
}
