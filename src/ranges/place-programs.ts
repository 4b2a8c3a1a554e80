/**
 * Gives the modules of programs their addresses, and tells which programs cannot have them: `partitionModules` orders the modules
 * by who uses them, and `assignRanges` gives each a range, which it keeps. Programs are captured in the order of these ranges.
 */
import { randomInt } from 'node:crypto';
import { moduleReach, roomRequest } from '../calls/module-reach.ts';
import { drawBase } from '../capture/placement.ts';
import { moduleSpan, reservedLength } from '../capture/module-span.ts';
import { ET } from '../elf/constants.ts';
import type { Module, Program } from '../program/program.ts';
import { LinkonceError, Refusal } from '../util/errors.ts';
import { at, present } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { hex, roundUp } from '../util/units.ts';
import type { AddressRules, AddressSpace, Assigned, Holding, Wanted } from './addresses.ts';
import { assignRanges, describeSpace, findCollision } from './addresses.ts';
import type { Arrangement } from './arrangement.ts';
import { assignNumbers } from './numbers.ts';
import type { Partition } from './order.ts';
import { partitionModules } from './order.ts';

/** Bits of an address space in which there is always room. */
const usualBits = 40;
/** Where a system with the same addresses everywhere has them. */
const constantBase = 0x2000_0000_0000;

/** A space at a base of its own. `bits`: as many as a person allows. */
export function drawSpace(arrangement: Arrangement, bits?: number): AddressSpace {
  if (arrangement.space) return arrangement.space(bits ?? Infinity);
  return { base: arrangement.fixedBase ? constantBase : drawBase(), bits: bits ?? usualBits };
}

export interface Placing {
  readonly partitions: readonly Partition[];
  /** Of all modules that have a range, those held before and kept among them. */
  readonly holdings: readonly Holding[];
  /** By the program's index: why it cannot be laid out, or must run through the platform's linker. */
  readonly failures: ReadonlyMap<number, LinkonceError>;
}

/** The platform's linker runs the program, since its modules cannot have their ranges and its system wants it so: no fault. */
export class LeftToLinker extends LinkonceError {
  override readonly name = 'LeftToLinker';

  /** For people. */
  get note(): string {
    return `relocated at each start by the platform's linker: ${this.message}`;
  }
}

/** A space has no range for each of a program's modules; beside fewer programs, or elsewhere, there may be some. */
export class NoRoom extends Refusal {
  override readonly name = 'NoRoom';
}

interface NamedProgram {
  readonly name: string;
  readonly program: Program;
}

/** What is placed already. */
export interface Placed {
  readonly holdings: readonly Holding[];
  /** Names, and paths of movable modules. */
  readonly programs: readonly { readonly name: string; readonly modules: readonly string[] }[];
}

/** One that finds no room takes none from the others: served are those that fit beside all served ones before them. */
export function placePrograms(
  programs: readonly NamedProgram[],
  arrangement: Arrangement,
  space: AddressSpace,
  placed: Placed = { holdings: [], programs: [] },
): Placing {
  const place = (some: readonly NamedProgram[]): Placing => placeAll(some, arrangement, space, placed);
  const together = place(programs);
  if (!hasNoRoom(together)) return together;
  const fitting: number[] = [];
  const failures = new Map<number, LinkonceError>();
  const chosen = (indices: readonly number[]): NamedProgram[] => indices.map((index) => at(programs, index));
  for (const [index, { program }] of programs.entries()) {
    const placing = place(chosen([...fitting, index]));
    if (!hasNoRoom(placing)) fitting.push(index);
    else failures.set(index, placing.failures.get(fitting.length) ?? noRoomBeside(program, space));
  }
  const placing = place(chosen(fitting));
  for (const [index, failure] of placing.failures) failures.set(at(fitting, index), failure);
  return { ...placing, failures };
}

function hasNoRoom({ failures }: Placing): boolean {
  return [...failures.values()].some((failure) => failure instanceof NoRoom);
}

/** Its own modules find ranges, and take those of others. */
function noRoomBeside({ invocation }: Program, space: AddressSpace): NoRoom {
  return new NoRoom(`${invocation}: there is no room beside the others in ${describeSpace(space)}`);
}

function placeAll(
  programs: readonly NamedProgram[],
  arrangement: Arrangement,
  space: AddressSpace,
  placed: Placed,
): Placing {
  const partitioned = [
    ...placed.programs,
    ...programs.map(({ name, program }) => ({
      name,
      modules: placedModules(program).map(({ path }) => path),
    })),
  ];
  const partitions = partitionModules(partitioned);
  const wanted = wantedRanges(programs, partitions, arrangement);
  const kept = keptHoldings(placed.holdings, wanted);
  const known = new Set(kept.map(({ key }) => key));
  const missing = wanted.filter(({ key }) => !known.has(key));
  const rules = { ...arrangement, policy: arrangement.addresses, meet: meeting(partitioned) };
  const near = nearRanges(space, kept, missing, rules, arrangement.reach);
  const far = assignRanges(space, [...kept, ...near.holdings], near.refused, rules);
  const added = [...near.holdings, ...far.holdings];
  const all = [...kept, ...numberIn(space, kept, added, missing)];
  const failures = new Map<number, LinkonceError>();
  programs.forEach(({ program }, index) => {
    const failure = problemOf(program, all, arrangement, space);
    if (failure) failures.set(index, failure);
  });
  return { partitions, holdings: all, failures };
}

/** Numbers of one stretch say nothing of another's: what they count stands there. */
function numberIn(
  { further = [] }: AddressSpace,
  kept: readonly Holding[],
  added: readonly Holding[],
  missing: readonly Wanted[],
): Holding[] {
  const stretchAt = (address: Address): number =>
    further.findIndex(({ start, end }) => address >= start && address < end);
  return [-1, ...further.keys()].flatMap((index) => {
    const isHere = ({ start }: Holding): boolean => stretchAt(start) === index;
    return assignNumbers(kept.filter(isHere), added.filter(isHere), missing);
  });
}

/**
 * What fits into the part of the space that calls reach across gets a range there, in its order; the rest then stands behind, so that none of it
 * comes between.
 */
function nearRanges(
  space: AddressSpace,
  held: readonly Holding[],
  wanted: readonly Wanted[],
  rules: AddressRules,
  reach = space.bits,
): Assigned {
  if (reach >= space.bits) return { holdings: [], refused: wanted };
  const near = held.filter(({ start }) => start < space.base + 2 ** reach);
  return assignRanges({ ...space, bits: reach }, near, wanted, { ...rules, policy: 'unique' });
}

/** Whether a program uses both of two modules. */
function meeting(programs: readonly { readonly modules: readonly string[] }[]) {
  const users = new Map<string, Set<number>>();
  programs.forEach(({ modules }, index) => {
    for (const path of modules) users.set(path, (users.get(path) ?? new Set()).add(index));
  });
  return (path: string, other: string): boolean => {
    const others = users.get(other);
    return [...(users.get(path) ?? [])].some((index) => others?.has(index));
  };
}

/** All that get a range: with what the program opens later. */
export function placedModules(program: Program): readonly Module[] {
  return [...movableModules(program), ...program.opened.filter(({ elf }) => elf.header.type === ET.DYN)];
}

export function movableModules(program: Program): readonly Module[] {
  return program.modules.filter(({ elf }) => elf.header.type === ET.DYN);
}

/** A module that has grown out of its range, or its numbers, gives them up. */
function keptHoldings(held: readonly Holding[], wanted: readonly Wanted[]): Holding[] {
  const sizes = new Map(wanted.map((each) => [each.key, each]));
  return held.filter(({ key, start, size, before = 0, numbers }) => {
    const now = sizes.get(key);
    if (!now) return true;
    const fits = now.size <= size && (now.numbers ?? 0) <= (numbers?.count ?? 0);
    return fits && (now.before ?? 0) === before && start % now.alignment === 0;
  });
}

/** All movable modules, in the order of the partitions. */
function wantedRanges(
  programs: readonly NamedProgram[],
  partitions: readonly Partition[],
  arrangement: Arrangement,
): Wanted[] {
  const modules = new Map<string, Module>();
  const executables = new Set(programs.map(({ program }) => program.executable.path));
  for (const { program } of programs)
    for (const module of placedModules(program)) modules.set(module.path, module);
  const opened = new Set(programs.flatMap(({ program }) => program.opened.map((each) => each.path)));
  return partitions
    .flatMap(({ modules: paths }) => paths)
    .flatMap((path) => {
      const module = modules.get(path);
      if (!module) return [];
      const wanted = wantedRange(module, arrangement, executables.has(path));
      return [opened.has(path) ? withReserve(wanted, module) : wanted];
    });
}

/** For its alignment ld.so first reserves more than the module has. */
function withReserve(wanted: Wanted, module: Module): Wanted {
  return { ...wanted, size: Math.max(wanted.size, roundUp(reservedLength(module))) };
}

function wantedRange(module: Module, { calls, executablesAt }: Arrangement, isExecutable: boolean): Wanted {
  const { start, end, alignment } = moduleSpan(module);
  const room = calls?.room(roomRequest(moduleReach(module), { start, alignment }));
  const area = roundUp(room?.area ?? 0, alignment);
  return {
    key: module.path,
    name: module.name,
    size: end - start + area,
    alignment,
    before: calls?.areaPlace === 'before' ? area : 0,
    numbers: room?.numbers ?? 0,
    at: isExecutable ? executablesAt : undefined,
  };
}

function problemOf(
  program: Program,
  holdings: readonly Holding[],
  { onCollision, addresses }: Arrangement,
  space: AddressSpace,
): LinkonceError | undefined {
  const own = movableModules(program).map(({ path }) => ({
    path,
    holding: holdings.find(({ key }) => key === path),
  }));
  const without = own.find(({ holding }) => !holding);
  if (without) {
    const words = `${without.path} finds no range in ${describeSpace(space)}`;
    return addresses === 'overlapping'
      ? new LeftToLinker(words)
      : new NoRoom(`${program.invocation}: ${words}`);
  }
  const collision = findCollision(own.flatMap(({ holding }) => holding ?? []));
  if (!collision || onCollision === 'move') return undefined;
  const { module, holder } = collision;
  const words = `${module.key} wants ${hex(module.start)}-${hex(module.start + module.size)}, where ${holder.key} is`;
  return onCollision === 'end'
    ? new LinkonceError(`${program.invocation}: ${words}`)
    : new LeftToLinker(words);
}

/** Paths of a program's movable modules by their addresses; those at the same place as they come. */
export function orderOf(program: Program, holdings: readonly Holding[]): string[] {
  const starts = new Map(holdings.map(({ key, start }) => [key, start]));
  const startOf = (path: string): Address => present(starts.get(path), `range of ${path}`);
  return movableModules(program)
    .map(({ path }) => path)
    .sort((a, b) => startOf(a) - startOf(b));
}

/** An executable with fixed addresses has no place among the others. */
const unordered = -1;

/** A program's modules as `order` has their paths. */
export function inOrder({ modules }: Program, order: readonly string[]): Module[] {
  const ranks = new Map(order.map((path, index) => [path, index]));
  const rankOf = ({ path }: Module): number => ranks.get(path) ?? unordered;
  return [...modules].sort((a, b) => rankOf(a) - rankOf(b));
}

/** For names of new files: none has been there before; all are of one length. */
export function freshName(name: string): string {
  return `${name}-${randomInt(2 ** 47)
    .toString(36)
    .padStart(10, '0')}`;
}
