/**
 * The modules that a process of an image has opened with dlopen(3): which of them are prepared, and of the others why not, as far as
 * that can still be seen. The linker's own lists say which there are; without an opener in the image, its mappings.
 */
import type { MapsLine } from '../capture/memory-map.ts';
import { openedStates } from '../provenance/opened-states.ts';
import type { Address } from '../util/units.ts';
import type { LinkMap } from './link-maps.ts';
import { readLinkMaps } from './link-maps.ts';
import type { LoadedModule } from './loaded-modules.ts';
import type { MappedImage, OpenedTable } from './mapped-images.ts';
import type { ProcessMemory } from './process-memory.ts';
import { whyAtItsRange, whyElsewhere } from './why-not-prepared.ts';

export interface FoundModule {
  readonly name: string;
  /** Undefined where its mappings are not to be seen (any more). */
  readonly module: LoadedModule | undefined;
  /** `given back`: its pages are ours, and ld.so relocated them as if they were not. */
  readonly state: 'prepared' | 'given back' | 'ordinary';
  /** Why it is not prepared; absent where it is. */
  readonly reason?: string;
}

export interface OpeningProcess {
  readonly pid: number;
  readonly lines: readonly MapsLine[];
  readonly images: readonly MappedImage[];
  readonly modules: readonly LoadedModule[];
  readonly memory: ProcessMemory;
}

export function openedModules(process: OpeningProcess): FoundModule[] {
  return process.images.flatMap((image) =>
    image.opened ? fromLists(process, image.opened) : fromMappings(process, image),
  );
}

/** Modules that the image's plan does not have, and whose code is mapped. */
function fromMappings({ lines, modules }: OpeningProcess, { regions }: MappedImage): FoundModule[] {
  const isCode = ({ start, end }: LoadedModule): boolean =>
    lines.some((line) => line.start >= start && line.end <= end && (line.protection & 4) !== 0);
  return modules
    .filter((module) => !regions.some(({ start, end }) => module.start >= start && module.start < end))
    .filter(isCode)
    .map((module) => ({
      ...{ name: module.name, module, state: 'ordinary' },
      reason: 'no module that the program opens was known at bind',
    }));
}

function fromLists(process: OpeningProcess, table: OpenedTable): FoundModule[] {
  const [base = [], ...others] = readLinkMaps(process.memory, Number(table.head.debug));
  const later = base.slice(Number(table.head.first_maps));
  const apart = others.flat().filter((map) => !base.some(({ dynamic }) => dynamic === map.dynamic));
  return [
    ...later.map((map, index) => inBase(process, table, map, later.slice(0, index))),
    ...apart.map((map) => ({
      ...{ name: map.name, module: moduleOf(process, map), state: 'ordinary' as const },
      reason: 'it was opened into a namespace of its own (dlmopen)',
    })),
  ];
}

/** `before`: those that were opened earlier and are still open. */
function inBase(
  process: OpeningProcess,
  table: OpenedTable,
  map: LinkMap,
  before: readonly LinkMap[],
): FoundModule {
  const module = moduleOf(process, map);
  const found = { name: map.name, module };
  const row = rowAt(table, map);
  if (!row) {
    const unknown = before.find((each) => !rowAt(table, each));
    const reason = whyElsewhere({ ...process, table, module, unknown: unknown?.name });
    return { ...found, state: 'ordinary', reason };
  }
  const state = row.pieces_count === 0n ? 'ordinary' : stateOf(process.memory, Number(row.applied));
  return state === 'prepared' ? { ...found, state } : { ...found, state, reason: whyAtItsRange(row, state) };
}

/** The row of a module at its range. */
function rowAt(
  { modules }: OpenedTable,
  { loadBias, dynamic }: LinkMap,
): OpenedTable['modules'][number] | undefined {
  return modules.find((row) => Number(row.load_bias) === loadBias && Number(row.dynamic) === dynamic);
}

/** The word is 0 in the module's file. What ld.so makes of it, once it relocates the module, means nothing. */
function stateOf(memory: ProcessMemory, applied: Address): FoundModule['state'] {
  const word = memory.read(applied, 8)?.readBigUInt64LE(0) ?? 0n;
  if (word === 0n) return 'ordinary';
  return word === BigInt(openedStates.givenBack) ? 'given back' : 'prepared';
}

function moduleOf({ modules }: OpeningProcess, { dynamic }: LinkMap): LoadedModule | undefined {
  return modules.find(({ start, end }) => dynamic >= start && dynamic < end);
}
