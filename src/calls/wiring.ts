/** From a placed program to what a scheme sees of it: which function each slot of each module leads to. */
import type { PlacedMemory } from '../image/compose-image.ts';
import type { PageReader } from '../image/page-reader.ts';
import { regionShift } from '../provenance/layout.ts';
import { at } from '../util/present.ts';
import { firstAtLeast, rangeAt } from '../util/search.ts';
import type { Address, Vaddr } from '../util/units.ts';
import { roundUp } from '../util/units.ts';
import type { CallScheme, Import, WiredModule, WiredProgram } from './call-scheme.ts';
import type { ModuleReach } from './module-reach.ts';
import { moduleReach, roomRequest } from './module-reach.ts';
import { PieceMemory } from './piece-memory.ts';

/** A module with its memory, beside what the scheme sees of it. */
export interface ModuleInHand {
  readonly module: WiredModule;
  /** Index of its region. */
  readonly region: number;
  readonly reach: ModuleReach;
  readonly memory: PieceMemory;
  /** Slots that lead to functions of the module's own. */
  readonly own: ReadonlyMap<Vaddr, Address>;
}

export interface ProgramInHand {
  readonly program: WiredProgram;
  readonly modules: readonly ModuleInHand[];
}

export interface Allotments {
  /** Of the space for modules. */
  readonly base: Address;
  /** By path; a module that is not there has what `numbersEnd` leaves. */
  readonly firstNumbers: ReadonlyMap<string, number>;
  /** Above the numbers of all modules of the program. */
  readonly numbersEnd: number;
}

export function takeInHand(
  placed: PlacedMemory,
  scheme: CallScheme,
  allotments: Allotments,
  reader: PageReader,
): ProgramInHand {
  const sited = siteModules(placed, scheme, allotments, reader);
  const find = moduleFinder(sited);
  const byName = new Map(sited.map(({ name }, index) => [name, index]));
  const modules = sited.map(({ region, reach, memory, ...place }, index): ModuleInHand => {
    const { imports, own } = readSlots(sited, index, find);
    const needed = reach.needed.flatMap((name) => byName.get(name) ?? []);
    return {
      region,
      reach,
      memory,
      own,
      module: { ...place, imports, needed, functions: reach.functions },
    };
  });
  return { modules, program: { modules: modules.map(({ module }) => module), base: allotments.base } };
}

type Sited = Omit<WiredModule, 'imports' | 'needed' | 'functions'> &
  Pick<ModuleInHand, 'region' | 'reach' | 'memory'>;

function siteModules(
  placed: PlacedMemory,
  scheme: CallScheme,
  { firstNumbers, numbersEnd }: Allotments,
  reader: PageReader,
): Sited[] {
  const { blueprint, layout, pieces } = placed;
  let next = numbersEnd;
  return blueprint.regions.flatMap(({ region }, index) => {
    const facts = region.module;
    if (!facts || region.kind !== 'module' || region.mappings.length === 0) return [];
    const reach = moduleReach(facts);
    const room = scheme.room(
      roomRequest(reach, { start: region.start - region.loadBias, alignment: region.alignment }),
    );
    const shift = regionShift(blueprint, layout, index);
    const [start, end] = [region.start + shift, roundUp(region.end + shift)];
    const size = roundUp(room.area, region.alignment);
    const before = scheme.areaPlace === 'before' || !region.movable;
    const firstNumber = firstNumbers.get(facts.path) ?? next;
    if (!firstNumbers.has(facts.path)) next += room.numbers;
    return {
      path: facts.path,
      name: facts.name,
      bias: region.loadBias + shift,
      start,
      end,
      fixed: !region.movable,
      isExecutable: facts.path === blueprint.facts.executable.path,
      isLinker: facts.path === blueprint.facts.interpreter.path,
      area: { address: before ? start - size : end, size },
      firstNumber,
      region: index,
      reach,
      memory: new PieceMemory(
        pieces.filter((piece) => piece.region === index),
        reader,
      ),
    };
  });
}

/** Answers the index of the module that holds an address. */
function moduleFinder(modules: readonly Sited[]): (address: Address) => number | undefined {
  const sorted = modules.map(({ start, end }, index) => ({ start, end, index }));
  sorted.sort((a, b) => a.start - b.start);
  return (address) => rangeAt(sorted, address)?.index;
}

/**
 * What the slots of a module hold. Left out are those that lead to no module (the vdso, or nowhere), that are still lazy and
 * lead into the module's own PLT, and that lead to something that its definer does not offer to others.
 */
function readSlots(
  modules: readonly Sited[],
  index: number,
  find: (address: Address) => number | undefined,
): { readonly imports: readonly Import[]; readonly own: ReadonlyMap<Vaddr, Address> } {
  const { bias, reach, memory } = at(modules, index, 'module');
  const imports: Import[] = [];
  const own = new Map<Vaddr, Address>();
  for (const [slot, symbol] of [...reach.names].sort(([a], [b]) => a - b)) {
    const target = Number(memory.read(bias + slot, 8).readBigUInt64LE());
    const definer = find(target);
    if (definer === undefined) continue;
    const other = at(modules, definer, 'module');
    if (isInPlt(other, target)) continue;
    const functionIndex = functionIndexOf(other, target, symbol);
    if (definer === index) {
      if (functionIndex >= 0 || symbol === '') own.set(slot, target);
    } else if (functionIndex >= 0)
      imports.push({ slot, symbol, target, definer, functionIndex, sites: reach.sites.get(slot) ?? [] });
  }
  return { imports, own };
}

function isInPlt({ bias, reach }: Sited, target: Address): boolean {
  return reach.plt.some(({ start, end }) => target >= bias + start && target < bias + end);
}

function functionIndexOf({ bias, reach }: Sited, target: Address, symbol: string): number {
  const own = indexOf(reach.functions, target - bias);
  if (own >= 0) return own;
  // What an IFUNC chose is no symbol of its own.
  const ifunc = reach.ifuncs.get(symbol);
  return ifunc === undefined ? -1 : indexOf(reach.functions, ifunc);
}

function indexOf(ascending: readonly Vaddr[], value: Vaddr): number {
  const index = firstAtLeast(ascending, value);
  return ascending[index] === value ? index : -1;
}
