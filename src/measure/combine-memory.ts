/** The memory of several processes as one set of figures. */
import type { ProcessMemory, Spread } from './measurement.ts';
import { median } from './statistics.ts';

/** One that stands for all: each figure the median of theirs. */
export function typicalMemory(processes: readonly ProcessMemory[]): ProcessMemory {
  return combine(processes, median);
}

/** All together. */
export function totalMemory(processes: readonly ProcessMemory[]): ProcessMemory {
  return combine(processes, (values) => values.reduce((sum, value) => sum + value, 0));
}

/** The lowest and the highest of each figure. */
export function spreadOf(processes: readonly ProcessMemory[]): Readonly<Record<keyof ProcessMemory, Spread>> {
  return combine(processes, (values) => ({ low: Math.min(...values), high: Math.max(...values) }));
}

function combine<T>(
  processes: readonly ProcessMemory[],
  into: (values: readonly number[]) => T,
): Readonly<Record<keyof ProcessMemory, T>> {
  const of = (name: keyof ProcessMemory): T => into(processes.map((process) => process[name]));
  return {
    privateKb: of('privateKb'),
    sharedKb: of('sharedKb'),
    pssKb: of('pssKb'),
    pageTablesKb: of('pageTablesKb'),
    mappings: of('mappings'),
  };
}
