/** Where dispatchers can be that a person places: `--base`, once for each. */
import { LinkonceError } from '../../util/errors.ts';
import { at } from '../../util/present.ts';
import type { Address } from '../../util/units.ts';
import { hex, pageSize } from '../../util/units.ts';
import { dispatcherSize } from './tables.ts';

/** vm.mmap_min_addr, and as much again. */
const lowest = 0x2_0000;
/** How far what names an entry by its distance from the lowest base reaches. */
const reach = 0x8000_0000;

/** Ascending. Throws LinkonceError where one cannot be there, two are in each other's way, or one is out of the lowest one's reach. */
export function checkedBases(bases: readonly Address[], end: Address): readonly Address[] {
  const sorted = [...bases].sort((a, b) => a - b);
  const last = end - dispatcherSize;
  sorted.forEach((base, index) => {
    if (base % pageSize !== 0 || base < lowest || base > last)
      throw new LinkonceError(
        `${hex(base)} is no base for the dispatcher: it takes whole pages from ${hex(lowest)} to ${hex(last)}`,
      );
    const [first = base] = sorted;
    const before = index === 0 ? -Infinity : at(sorted, index - 1, 'base');
    if (base - before < dispatcherSize)
      throw new LinkonceError(
        `${hex(before)} and ${hex(base)} are no bases of two dispatchers: each takes ${hex(dispatcherSize)} bytes`,
      );
    if (base - first + dispatcherSize > reach)
      throw new LinkonceError(
        `${hex(first)} and ${hex(base)} are no bases for one process: its dispatchers lie within ${hex(reach)} bytes`,
      );
  });
  return sorted;
}
