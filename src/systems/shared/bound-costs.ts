/** What systems have in common that run processes from bound images: nothing is looked up, and few pages are private. */
import type { CostLaw, Terms } from '../../models/cost-law.ts';
import { linkMapPages } from '../../models/cost-law.ts';

/**
 * Pages of any bound process: its stack, the words that are its own in the linker's, the C library's and the executable's data.
 * Measured on glibc 2.36.
 */
export const boundPages = 16.7;

/** With what a variant costs differently. */
export function boundCosts(law: Pick<CostLaw, 'mappings'> & Partial<CostLaw>): CostLaw {
  return {
    privatePages: boundPrivate(),
    sharedPages: { filePages: 1 },
    steps: { modules: 1 },
    probes: {},
    linker: {},
    ...law,
  };
}

/** What any bound process writes, and `more`. */
export function boundPrivate(more: Terms = {}): Terms {
  return { once: boundPages, modules: linkMapPages, writtenPages: 1, ...more };
}

/**
 * A range of a module that is read and executed, one for what stays writable, and those of executable, C library, linker and
 * kernel: `once`.
 */
export function copyCosts(once: number, more: Terms = {}): CostLaw {
  return boundCosts({ mappings: { once, modules: 1, writers: 1, ...more } });
}
