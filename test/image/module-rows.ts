import type { DecodedPlan } from '../../src/image/plan.ts';

/** The regions of a plan that are modules: the others have no path. */
export function moduleRows(plan: DecodedPlan): Readonly<Record<string, bigint>>[] {
  return plan.rows('regions').filter((row) => plan.text(row.path).startsWith('/'));
}
