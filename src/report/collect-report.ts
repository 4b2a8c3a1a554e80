/** A report of a measurement: with it stands what the systems state of themselves, and what judges the models. */
import type { Measurement } from '../measure/measurement.ts';
import type { ScaleMeasurement } from '../measure/scale-measurement.ts';
import { collectCollisions } from './collect-collisions.ts';
import { collectFacts } from './collect-facts.ts';
import type { ReportData } from './report-data.ts';

/** `scale` is what the growth lab found, where it was asked. */
export function collectReport(measurement: Measurement, scale?: ScaleMeasurement): ReportData {
  return {
    measurement,
    ...(scale && { scale }),
    facts: collectFacts(),
    collisions: collectCollisions(),
  };
}
