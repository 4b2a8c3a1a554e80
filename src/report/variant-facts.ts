/** What the systems state of themselves, for reports: what no measurement tells. Nothing here needs Node. */
import type { ResultHead } from '../measure/measurement.ts';
import type { Drawn } from '../models/aslr.ts';
import type { Tool } from '../systems/seen-by.ts';

export interface VariantFacts extends ResultHead {
  /** The most often that it can draw a module's address. */
  readonly drawn: Drawn;
  /** Its processes take their memory from a server, which has to run. */
  readonly served: boolean;
  /** A store can hold it, and its programs survive upgrades there; the platform's own linker has nothing to be held. */
  readonly stored: boolean;
  /** Tools that see less of its processes than under ld.so. */
  readonly hiddenFrom: readonly Tool[];
}
