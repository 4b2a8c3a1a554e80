/** What the growth lab found as zod checks it; the type in measure/scale-measurement.ts is the definition. */
import { z } from 'zod';
import { unmeasuredStatuses, warningKinds } from '../measure/measurement.ts';
import type { ScaleMeasurement } from '../measure/scale-measurement.ts';
import { scaleAxes, scaleFigures, scaleVersion } from '../measure/scale-measurement.ts';
import { amount, estimate, head, machine } from './schema-parts.ts';

const size = z.int().positive();
const sizes = z
  .array(size)
  .refine((list) => list.every((each, index) => index === 0 || each > list[index - 1]!), 'must ascend');

const measured = z.object({
  at: size,
  status: z.literal('measured'),
  figures: z.partialRecord(z.enum(scaleFigures), estimate),
});

const unmeasured = z.object({ at: size, status: z.enum(unmeasuredStatuses), reason: z.string() });

const fit = z.object({
  figure: z.enum(scaleFigures),
  constant: z.number(),
  coefficient: z.number(),
  exponent: amount,
  explained: amount.max(1),
});

const series = z.object({
  ...head,
  axis: z.enum(scaleAxes),
  points: z.array(z.discriminatedUnion('status', [measured, unmeasured])),
  fits: z.array(fit),
});

const perAxis = <T extends z.ZodType>(each: T) => z.object({ modules: each, imports: each, processes: each });

export const scaleMeasurementSchema: z.ZodType<ScaleMeasurement> = z.object({
  format: z.literal('linkonce-scale'),
  version: z.literal(scaleVersion),
  date: z.iso.datetime(),
  machine,
  settings: z.object({ runs: size, sizes: perAxis(sizes), fixed: perAxis(size) }),
  series: z.array(series),
  warnings: z.array(z.object({ kind: z.enum(warningKinds), message: z.string() })),
});
