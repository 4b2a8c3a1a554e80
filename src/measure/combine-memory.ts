/** The memory of several processes as one set of figures. */
import type { ProcessMemory } from './measurement.ts';
import { median } from './statistics.ts';

/** One that stands for all: each figure the median of theirs. */
export function typicalMemory(processes: readonly ProcessMemory[]): ProcessMemory {
  return combine(processes, median);
}

/** All together. */
export function totalMemory(processes: readonly ProcessMemory[]): ProcessMemory {
  return combine(processes, (values) => values.reduce((sum, value) => sum + value, 0));
}

function combine(
  processes: readonly ProcessMemory[],
  into: (values: readonly number[]) => number,
): ProcessMemory {
  const of = (name: keyof ProcessMemory): number => into(processes.map((process) => process[name]));
  return {
    privateKb: of('privateKb'),
    sharedKb: of('sharedKb'),
    pssKb: of('pssKb'),
    pageTablesKb: of('pageTablesKb'),
    mappings: of('mappings'),
  };
}
