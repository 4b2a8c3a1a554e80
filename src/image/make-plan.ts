/** The plan of an image: everything that the loader checks, maps, writes and registers. */
import path from 'node:path';
import { AT } from '../capture/context.ts';
import { machine } from '../machine/names.ts';
import type { ModuleFacts } from '../program/facts.ts';
import { cacheFile } from '../program/ld-cache.ts';
import type { Blueprint, ProcessWord } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { moveAddress, regionShift } from '../provenance/layout.ts';
import { at, present } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import type { Action } from './actions.ts';
import type { MappedFiles } from './answers.ts';
import { answerTables, leastStackLimit } from './answers.ts';
import type { FixUps } from './fix-ups.ts';
import type { BackingSteps, MemoryPlan } from './memory-plan.ts';
import type { Places } from './places.ts';
import type { Plan, TableRows } from './plan.ts';
import { identityFields, noIdentity } from './plan.ts';
import { backingKinds, planFlags, sources } from './plan-layout.ts';
import type { Moves, PlanRegions } from './regions.ts';
import { prefaultRows } from './written-pages.ts';

type Scalars = Plan['scalars'];

/** Where the parts of the image are that the plan itself does not know. */
export type Placing = Pick<
  Scalars,
  | 'plan_address'
  | 'head_size'
  | 'loader_address'
  | 'loader_offset'
  | 'loader_size'
  | 'opened_size'
  | 'digests_offset'
  | 'digests_size'
  | 'fixes_offset'
  | 'heap_offset'
  | 'file_size'
>;

export interface PlanInput {
  readonly blueprint: Blueprint;
  readonly layout: Layout;
  readonly regions: PlanRegions;
  readonly memory: MemoryPlan;
  readonly actions: readonly Action[];
  readonly fixUps: FixUps;
  readonly placing: Placing;
  /** Without those that a thunk settles. */
  readonly words: readonly ProcessWord[];
  /** See `planFlags`. */
  readonly endOnCollision: boolean;
  readonly moves: Moves;
  readonly places?: Places | undefined;
}

/** TASK_COMM_LEN of linux/sched.h without its closing zero. */
const commandNameLength = 15;

/** A plan whose memory stands in files: the loader looks for no place. */
const noPlaces = { path: '', count: 0 };
/** Of a program whose linker did not ask: the loader compares nothing with a plan that has 0 there. */
const unaskedProcessor = { xcr0: 0n };

export function makePlan(input: PlanInput): Plan {
  const { blueprint, layout, regions, memory, actions, fixUps, words, places = noPlaces } = input;
  const { facts } = blueprint;
  return {
    scalars: scalarsOf(input),
    texts: {
      program_path: facts.path,
      invocation_path: facts.invocation,
      interpreter_path: facts.interpreter.path,
      command_name: path.basename(facts.invocation).slice(0, commandNameLength),
      platform: machine.platform,
      places_path: places.path,
      cache_path: blueprint.start.cached.length > 0 ? cacheFile : '',
    },
    vdsoNotes: blueprint.start.context.vdsoNotes,
    tables: {
      backings: memory.backings.map(backingRow),
      steps: memory.backings.flatMap(({ steps }) => steps),
      regions: regions.rows,
      prefaults: prefaultRows(blueprint, layout, words),
      seals: memory.seals,
      fix_ranges: fixUps.ranges,
      actions,
      ...answerTables(blueprint, mappedFiles(memory)),
      words: words.map((word) => wordRow(regions, word)),
    },
  };
}

function scalarsOf(input: PlanInput): Scalars {
  const { blueprint, fixUps, placing, places = noPlaces } = input;
  const { registrations, context } = blueprint.start;
  const { xcr0 } = context.processor ?? unaskedProcessor;
  return {
    ...placing,
    ...jumpScalars(input),
    ...programScalars(input),
    heap_size: registrations.heapSize,
    heap_region: input.regions.heap,
    xcr0,
    least_stack_limit: leastStackLimit(blueprint.start.questions),
    fixes_size: fixUps.bytes.length,
    fixes_checksum: fixUps.checksum,
    flags: flagsOf(input),
    place_count: places.count,
  };
}

/** Where the process goes on, and with what. */
function jumpScalars({ blueprint, regions }: PlanInput) {
  const { handoff } = blueprint.start;
  const target = regions.locate(handoff.address);
  const rax = regions.locate(Number(handoff.rax));
  return {
    handoff: target.address,
    handoff_region: target.region,
    rax: rax.address,
    rax_region: rax.region,
  };
}

/** What the auxiliary vector and the kernel's notes say of the executable and the linker. */
function programScalars({ blueprint, layout, regions }: PlanInput) {
  const { facts } = blueprint;
  const { code, data } = facts;
  const executable = regionOf(blueprint, facts.executable);
  const linker = regionOf(blueprint, facts.interpreter);
  const bias = biasOf(blueprint, layout, executable);
  const phdr = Number(present(blueprint.start.context.auxiliary.get(AT.phdr), 'AT_PHDR'));
  return {
    code_start: bias + code.start,
    code_end: bias + code.end,
    data_start: bias + data.start,
    data_end: bias + data.end,
    memory_end: memoryEnd(blueprint, executable),
    program_headers: moveAddress(blueprint, layout, phdr),
    program_header_count: facts.programHeaders,
    linker_base: biasOf(blueprint, layout, linker),
    entry: bias + facts.entry,
    executable_region: regions.rowOf(executable),
    linker_region: regions.rowOf(linker),
  };
}

function flagsOf({ blueprint: { facts }, endOnCollision, moves, places }: PlanInput): number {
  return (
    (facts.readsExeLink ? planFlags.needsExeLink : 0) |
    (facts.fixed ? planFlags.fixedExecutable : 0) |
    (endOnCollision ? planFlags.endOnCollision : 0) |
    (moves === 'always' ? planFlags.slide : 0) |
    (places?.byGroup ? planFlags.placeByGroup : 0)
  );
}

/** Index of a module's region. */
function regionOf({ regions }: Blueprint, module: ModuleFacts): number {
  return regions.findIndex(({ region }) => region.module?.path === module.path);
}

/** Relative to the load address. */
function memoryEnd({ regions }: Blueprint, index: number): number {
  const { end, loadBias } = at(regions, index, 'region').region;
  return end - loadBias;
}

/** What a module's `Vaddr`s are relative to in a layout. */
function biasOf(blueprint: Blueprint, layout: Layout, index: number): Address {
  return at(blueprint.regions, index, 'region').region.loadBias + regionShift(blueprint, layout, index);
}

/** The image itself has no path. */
function backingRow({ backing, directory, path: name, steps }: BackingSteps): TableRows<'backings'>[number] {
  const identity = backing.kind === 'own' ? noIdentity : backing.identity;
  return {
    ...identityFields(identity),
    ...{ directory, path: name, steps: steps.length, kind: backingKinds[backing.kind] },
  };
}

function mappedFiles({ backings }: MemoryPlan): MappedFiles {
  return new Map(
    backings.flatMap(({ backing }) => (backing.kind === 'module' ? [[backing.path, backing.identity]] : [])),
  );
}

/** A word in the heap has its address relative to the break. */
function wordRow(regions: PlanRegions, { address, addend, source, width, region }: ProcessWord) {
  return {
    address: regions.place(region, address),
    addend,
    source: sources[source.kind],
    width,
    type: source.kind === 'auxiliary' ? source.type : source.kind === 'variable' ? source.index : 0,
    region: regions.rowOf(region),
  };
}
