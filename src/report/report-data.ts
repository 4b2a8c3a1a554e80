/** All that a report shows. Nothing here needs Node: the page reads it, too. */
import type { Measurement } from '../measure/measurement.ts';
import type { ScaleMeasurement } from '../measure/scale-measurement.ts';
import type { BeforeAfter } from './before-after.ts';
import type { NamedCollisions } from './named-collisions.ts';
import type { VariantFacts } from './variant-facts.ts';

export interface ReportData {
  readonly measurement: Measurement;
  /** How costs grow; absent where the growth lab was not asked. */
  readonly scale?: ScaleMeasurement;
  /** How an earlier measurement compares with it; absent where none was given. */
  readonly beforeAfter?: BeforeAfter;
  /** What the systems state of themselves. */
  readonly facts: readonly VariantFacts[];
  /** How often real names collide, to judge the model by. */
  readonly collisions: readonly NamedCollisions[];
}
