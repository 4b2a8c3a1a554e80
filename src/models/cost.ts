/**
 * Costs of N processes of a program of M modules under a system, on paper. Nothing is built, so that both may be far larger than any
 * machine.
 *
 * The laws count mappings and pages; prices make a time of them. The prices are those of one machine, fitted to the 112 start-up
 * times of docs/reports/scale.json along modules and imports, of which they give each within a third.
 */
import { pageSize } from '../util/units.ts';
import type { CostLaw, ProgramQuantities } from './cost-law.ts';
import { evaluateTerms } from './cost-law.ts';
import { memoryOfProcesses } from './memory-growth.ts';

/** What a person says of a program; all modules are alike. */
export interface ProgramSize {
  readonly modules: number;
  /** Symbols that each importing module refers to. */
  readonly imports: number;
  /** Part of them, from 0 to 1, that are functions which it calls. */
  readonly called: number;
  /** Parts of the modules, from 0 to 1: those that call others, those with writable pages, those that write to them. */
  readonly importing: number;
  readonly writable: number;
  readonly writing: number;
  /** Pages of each module: those that relocation writes, and all of its file. */
  readonly relocatedPages: number;
  readonly filePages: number;
}

/**
 * The modules of `linkonce synthetic --lazy --shape tree`: half of them use two others, by calls through lazy slots, by constants, by
 * addresses and by pointers in turns.
 */
export const syntheticTree: Omit<ProgramSize, 'modules' | 'imports'> = {
  called: 1 / 4,
  importing: 1 / 2,
  writable: 1 / 2,
  writing: 0,
  relocatedPages: 1,
  filePages: 5,
};

/** What processes of a program cost under a system. */
export interface ProcessCosts {
  /** Of one process. */
  readonly mappings: number;
  readonly privateKb: number;
  readonly startupMs: number;
  /** Of all processes, kB. */
  readonly memoryKb: number;
  readonly allMappings: number;
}

/** Bytes of an import's entry in a page of imports. */
const importEntry = 8;

export function quantitiesOf(program: ProgramSize): ProgramQuantities {
  const { modules, imports } = program;
  const count = (part: number): number => Math.floor(modules * part);
  const importers = count(program.importing);
  const writers = count(program.writable);
  return {
    once: 1,
    modules,
    writers,
    importers,
    importingWriters: Math.min(importers, writers),
    relocatedPages: modules * program.relocatedPages,
    writablePages: writers,
    writtenPages: count(program.writing),
    importPages: importers * Math.ceil((imports * program.called * importEntry) / pageSize),
    filePages: modules * program.filePages,
    // The executable, the C library and the linker are searched, too; a symbol is found half way on average.
    probes: (importers * imports * (modules + searchedAlways)) / 2,
  };
}

const searchedAlways = 4;

/** µs; see above. */
const prices = {
  process: 159,
  mapping: 2.54,
  privatePage: 6.2,
  step: 5.2,
  probe: 0.03,
  linker: 280,
  /** A call of each import, once, which is the program's own work. */
  call: 0.064,
};

/** What so many processes of a program cost under the law of a system's variant (`SystemVariant.costs`). */
export function costOf(law: CostLaw, program: ProgramSize, processes: number): ProcessCosts {
  const quantities = quantitiesOf(program);
  const of = (name: keyof CostLaw): number => evaluateTerms(law[name], quantities);
  const mappings = Math.floor(of('mappings'));
  const privateKb = pagesToKb(of('privatePages'));
  const calls = quantities.importers * program.imports;
  const work = of('steps') * prices.step + of('probes') * prices.probe + of('linker') * prices.linker;
  const memory = mappings * prices.mapping + of('privatePages') * prices.privatePage;
  return {
    mappings,
    privateKb,
    startupMs: (prices.process + memory + work + calls * prices.call) / 1000,
    memoryKb: memoryOfProcesses({ sharedKb: pagesToKb(of('sharedPages')), privateKb }, processes),
    allMappings: mappings * processes,
  };
}

function pagesToKb(pages: number): number {
  return (pages * pageSize) / 1024;
}
