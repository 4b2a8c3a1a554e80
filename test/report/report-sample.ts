/** Made-up reports: a measurement with what the systems state of themselves. */
import type { Measurement } from '../../src/measure/measurement.ts';
import { collectFacts } from '../../src/report/collect-facts.ts';
import type { ReportData } from '../../src/report/report-data.ts';

export function reportOf(measurement: Measurement): ReportData {
  return { measurement, facts: collectFacts() };
}
