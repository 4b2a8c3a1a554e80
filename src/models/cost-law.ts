/**
 * What a system costs on paper, as data: sums of what a program has, each so many times. A system's folder states one law for
 * each of its variants; test/models/cost.test.ts compares them with the processes of docs/reports/scale.json.
 */

/** What the costs of a program are counted in. */
export interface ProgramQuantities {
  /** One: what any program has, its executable, the C library and the dynamic linker among it. */
  readonly once: number;
  /** Shared libraries beside the C library. */
  readonly modules: number;
  /** Modules with pages that stay writable: slots of lazy binding, variables. */
  readonly writers: number;
  /** Modules that call functions of others. */
  readonly importers: number;
  /** Modules that are both. */
  readonly importingWriters: number;
  /** Pages that relocation writes and that are read-only afterwards. */
  readonly relocatedPages: number;
  /** Pages that stay writable. */
  readonly writablePages: number;
  /** Those of them that the modules themselves write to. */
  readonly writtenPages: number;
  /** Pages with an entry of 16 bytes for each function that a module imports. */
  readonly importPages: number;
  /** Pages of all module files. */
  readonly filePages: number;
  /** Hash tables of modules that the look-ups of all imports visit, one after the other until the symbol is found. */
  readonly probes: number;
}

/** So many times each; what is absent not at all. */
export type Terms = Readonly<Partial<Record<keyof ProgramQuantities, number>>>;

/** What a system's costs are made of. */
export interface CostLaw {
  /** Of a process: lines of /proc/PID/maps. */
  readonly mappings: Terms;
  /** Of a process: pages of its own, at its end. */
  readonly privatePages: Terms;
  /** Of all processes together, once: pages that they map, whether they touch them or not. */
  readonly sharedPages: Terms;
  /** Of a start: files opened and ranges reserved, beside the mappings that stay. */
  readonly steps: Terms;
  /** Of a start: hash tables of modules visited to look symbols up. */
  readonly probes: Terms;
  /** Of a start: the platform's linker sets itself up, once or not at all. */
  readonly linker: Terms;
}

export function evaluateTerms(terms: Terms, quantities: ProgramQuantities): number {
  const parts = Object.entries(terms) as [keyof ProgramQuantities, number][];
  return parts.reduce((sum, [name, times]) => sum + times * quantities[name], 0);
}

/** Pages of the dynamic linker's own memory that each module's start and end write: its link map, 1.6 kB. */
export const linkMapPages = 0.41;
