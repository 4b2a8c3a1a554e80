/**
 * What is prepared of the modules that a program opens: their regions, the words in them that refer to others, and for each what it got
 * or why it did not. A module that cannot be prepared is left to ld.so, never the program.
 */
import type { Captures, Region } from '../capture/capture.ts';
import { moduleSpan, reservedLength } from '../capture/module-span.ts';
import type { OpenedCapture, OpenedMemory } from '../capture/opened-capture.ts';
import { ET, PF, PT } from '../elf/constants.ts';
import type { ModuleFacts } from '../program/facts.ts';
import { fileIdentity, sameFile } from '../program/file-identity.ts';
import { whyTimesTellNothing } from '../program/file-system.ts';
import type { Module, Program } from '../program/program.ts';
import { soleDefinitions } from '../program/sole-definition.ts';
import type { SoleLookup } from '../program/sole-definition.ts';
import { Refusal } from '../util/errors.ts';
import { present } from '../util/present.ts';
import { rangeAt } from '../util/search.ts';
import type { Address } from '../util/units.ts';
import { roundUp } from '../util/units.ts';
import type { BlueprintRegion, OpenedModule, OpenedPlace, OpenerFacts } from './explained.ts';
import { openedClosures } from './opened-closure.ts';
import type { BoundWord } from './opened-module.ts';
import { openedWords, writableSegments } from './opened-module.ts';
import { emptyRegion, openedRegion } from './opened-region.ts';
import { openedTables } from './opened-tables.ts';
import type { OpenedScope } from './opened-words.ts';

type FullRegion = BlueprintRegion & { readonly region: Region };

export interface ExplainedOpened {
  readonly modules: readonly OpenedModule[];
  /** To stand behind the program's own, in the order of their indices. */
  readonly regions: readonly FullRegion[];
  /** Words in them that refer to a region. */
  readonly references: readonly {
    readonly address: Address;
    readonly owner: number;
    readonly target: number;
  }[];
}

interface Opening {
  readonly program: Program;
  readonly capture: OpenedCapture;
  /** What memory ld.so made of each module; those that it did not open are missing. */
  readonly memories: ReadonlyMap<Module, OpenedMemory>;
  readonly lookup: SoleLookup;
  readonly closures: ReadonlyMap<Module, ReadonlySet<Module> | string>;
  /** By module: its place in the blueprint, of the program's own and of those that can have a place. */
  readonly places: ReadonlyMap<Module, { readonly index: number; readonly loadBias: Address }>;
  readonly ownerOf: (address: Address) => Module | undefined;
}

/** `regions` are the program's own. `opener`, or why the linker is not as known. */
export function explainOpened(
  { program, opened: capture }: Captures,
  regions: readonly FullRegion[],
  opener: OpenerFacts | string | undefined,
): ExplainedOpened {
  if (!capture || typeof opener !== 'object') {
    const reason = typeof opener === 'string' ? opener : 'its linker opened none in a capture';
    return { modules: program.opened.map((each) => left(each, reason)), regions: [], references: [] };
  }
  const empty = emptyRegions(program, regions);
  const opening = openingOf(program, capture, regions, empty);
  const explained = program.opened.map((module) => explainModule(module, opening, empty.get(module)));
  return {
    modules: explained.map((each) => each.module),
    regions: explained.flatMap((each) => each.region ?? []),
    references: explained.flatMap((each) => each.references),
  };
}

/** Why a module can have no range: the opener would not know it by its file. */
function problemOf({ path, elf }: Module): string | undefined {
  if (elf.header.type !== ET.DYN) return 'it is no shared object';
  const reason = whyTimesTellNothing(path);
  return reason === undefined ? undefined : `it ${reason}`;
}

/** Behind all that the captures have, apart from each other. */
function emptyRegions(
  { opened }: Program,
  regions: readonly FullRegion[],
): ReadonlyMap<Module, Region & { readonly module: Module }> {
  let next = Math.max(...regions.map(({ region }) => region.end));
  const placed = new Map<Module, Region & { readonly module: Module }>();
  for (const module of opened) {
    if (problemOf(module) !== undefined) continue;
    const { alignment } = moduleSpan(module);
    next = roundUp(next, alignment);
    const region = emptyRegion(module, next);
    placed.set(module, region);
    next = region.end;
  }
  return placed;
}

function openingOf(
  program: Program,
  capture: OpenedCapture,
  regions: readonly FullRegion[],
  empty: ReadonlyMap<Module, Region>,
): Opening {
  const memories = new Map<Module, OpenedMemory>();
  for (const memory of capture.modules) {
    const identity = fileIdentity(memory.path);
    const module = program.opened.find((each) => sameFile(each.identity, identity));
    if (module) memories.set(module, memory);
  }
  const places = new Map<Module, { index: number; loadBias: Address }>();
  regions.forEach(
    ({ region: { module, loadBias } }, index) => module && places.set(module, { index, loadBias }),
  );
  [...empty].forEach(([module, { loadBias }], at) =>
    places.set(module, { index: regions.length + at, loadBias }),
  );
  const lookup = soleDefinitions([...program.modules, ...program.opened]);
  const closures = openedClosures(program);
  return { program, capture, memories, lookup, closures, places, ownerOf: ownerIn(program, capture) };
}

interface ExplainedModule {
  readonly module: OpenedModule;
  readonly region: FullRegion | undefined;
  readonly references: ExplainedOpened['references'];
}

function explainModule(
  module: Module,
  opening: Opening,
  empty: (Region & { readonly module: Module }) | undefined,
): ExplainedModule {
  if (!empty)
    return {
      module: left(module, present(problemOf(module), 'problem')),
      region: undefined,
      references: [],
    };
  const { index } = present(opening.places.get(module), 'place');
  const { start, end } = moduleSpan(module);
  const reserved = reservedLength(module);
  const place = { region: index, dynamic: dynamicOf(module), length: end - start, reserved };
  try {
    return prepare(module, opening, empty, place);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const region = { region: empty, writtenPages: 0, pages: new Map() };
    return { module: { ...left(module, error.message), place }, region, references: [] };
  }
}

function prepare(
  module: Module,
  opening: Opening,
  empty: Region & { readonly module: Module },
  place: OpenedPlace,
): ExplainedModule {
  requirePreparable(module);
  const { lookup, program, places } = opening;
  const mayBeLazy = module.elf.dynamic?.bindNow === false;
  const closure = closureOf(module, opening);
  const scope: OpenedScope = { lookup, needed: new Set(program.modules), closure, mayBeLazy };
  const words = openedWords(module, memoryOf(module, opening), scope, biasIn(opening), opening.ownerOf);
  const tables = openedTables(module, words, mayBeLazy);
  const placeOf = (each: Module) => present(places.get(each), `place of ${each.path}`);
  const region = openedRegion(empty, words.bound, tables, (each) => placeOf(each).loadBias);
  const relocations = module.elf.relocations.length;
  return {
    module: { ...factsOf(module), prepared: true, place, relocations, ...tables },
    region,
    references: words.bound.flatMap(({ address, module: owner }: BoundWord) =>
      owner ? [{ address: empty.loadBias + address, owner: place.region, target: placeOf(owner).index }] : [],
    ),
  };
}

function requirePreparable(module: Module): void {
  const { dynamic, segments, relocations } = module.elf;
  if (dynamic?.textRelocations) throw new Refusal('it has relocations of its code');
  if (relocations.length === 0) throw new Refusal('it has no relocations');
  const table = segments.find(({ type }) => type === PT.DYNAMIC);
  const isWritable = writableSegments(module).some(
    ({ address, fileSize }) =>
      table && table.address >= address && table.address + table.fileSize <= address + fileSize,
  );
  if (!table || !isWritable || (table.flags & PF.W) === 0)
    throw new Refusal('its dynamic section is read-only');
}

/** Without those that have no place: their addresses are ld.so's choice. */
function closureOf(module: Module, { closures, places }: Opening): ReadonlySet<Module> {
  const closure = present(closures.get(module), 'closure');
  if (typeof closure === 'string') throw new Refusal(closure);
  return new Set([...closure].filter((each) => places.has(each)));
}

function memoryOf(module: Module, { memories, capture }: Opening): OpenedMemory {
  const memory = memories.get(module);
  if (memory) return memory;
  const failed = capture.failed.find(({ path }) => path === module.path);
  throw new Refusal(failed ? `ld.so does not open it: ${failed.reason}` : 'ld.so did not open it');
}

/** In the process in which ld.so opened the modules. */
function biasIn({ capture, memories }: Opening): (module: Module) => Address {
  return (module) =>
    memories.get(module)?.loadBias ??
    present(capture.loadBiases.get(module.path), `load bias of ${module.path}`);
}

/** The program's own module that has an address in that process. */
function ownerIn(program: Program, { loadBiases }: OpenedCapture): (address: Address) => Module | undefined {
  const ranges = program.modules.map((module) => {
    const { start, end } = moduleSpan(module);
    const bias = present(loadBiases.get(module.path), `load bias of ${module.path}`);
    return { start: bias + start, end: bias + end, module };
  });
  ranges.sort((a, b) => a.start - b.start);
  return (address) => rangeAt(ranges, address)?.module;
}

/** A module without a dynamic section is none that ld.so opens. */
const nowhere = 0;

function dynamicOf({ elf }: Module): number {
  const table = elf.segments.find(({ type }) => type === PT.DYNAMIC);
  return table ? table.address : nowhere;
}

function factsOf({ path, name, identity }: Module): ModuleFacts {
  return { path, name, identity };
}

function left(module: Module, reason: string): OpenedModule {
  return { ...factsOf(module), prepared: false, reason };
}
