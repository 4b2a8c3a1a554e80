/** Pages that constructors write to: the loader asks for them at once, where it may. */
import type { DecodedPlan } from '../../src/image/plan.ts';
import type { Address } from '../../src/util/units.ts';
import { pageSize } from '../../src/util/units.ts';
import { isFiltered } from '../machine/filter.ts';

/** At the plan's addresses; none under a filter of system calls. */
export function prefaultedPages(plan: DecodedPlan): Address[] {
  if (isFiltered) return [];
  return plan
    .rows('prefaults')
    .flatMap(({ address, length }) =>
      Array.from({ length: Number(length) / pageSize }, (_, page) => Number(address) + page * pageSize),
    );
}
