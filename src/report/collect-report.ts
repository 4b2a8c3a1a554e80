/** A report of a measurement: with it stands what the systems state of themselves, and what judges the models. */
import type { Measurement } from '../measure/measurement.ts';
import type { ScaleMeasurement } from '../measure/scale-measurement.ts';
import { compareMeasurements } from './before-after.ts';
import { collectCollisions } from './collect-collisions.ts';
import { collectFacts } from './collect-facts.ts';
import type { ReportData } from './report-data.ts';

/** What may stand beside a measurement. */
export interface Beside {
  /** What the growth lab found. */
  readonly scale?: ScaleMeasurement;
  /** An earlier measurement, to compare with. */
  readonly before?: Measurement;
}

export function collectReport(measurement: Measurement, { scale, before }: Beside = {}): ReportData {
  return {
    measurement,
    ...(scale && { scale }),
    ...(before && { beforeAfter: compareMeasurements(before, measurement) }),
    facts: collectFacts(),
    collisions: collectCollisions(),
  };
}
