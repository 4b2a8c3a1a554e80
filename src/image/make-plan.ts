/** The plan of an image: everything that the loader checks, maps, writes and registers. */
import path from 'node:path';
import { AT } from '../capture/context.ts';
import type { Question } from '../capture/capture.ts';
import { machine } from '../machine/names.ts';
import type { ModuleFacts, ProgramFacts } from '../program/facts.ts';
import type { FileIdentity } from '../program/program.ts';
import type { Blueprint, ProcessWord } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { moveAddress, regionShift } from '../provenance/layout.ts';
import type { UnwindTable } from '../provenance/unwind-table.ts';
import type { Address, FileOffset } from '../util/units.ts';
import { pageSize, roundDown } from '../util/units.ts';
import type { FixUps } from './fix-ups.ts';
import type { Backing, MemoryPlan } from './memory-plan.ts';
import type { Plan, TableRows } from './plan.ts';
import { identityFields } from './plan.ts';
import { pathKinds, planFlags, sources } from './plan-layout.ts';
import type { Moves, PlanRegions } from './regions.ts';

/** Where the parts of the image are that the plan itself does not know. */
export interface Placing {
  readonly planAddress: Address;
  readonly loaderAddress: Address;
  readonly loaderOffset: FileOffset;
  readonly loaderSize: number;
  readonly fixesOffset: FileOffset;
  readonly heapOffset: FileOffset;
  readonly headSize: number;
  readonly fileSize: number;
}

/** Where memory comes from that is relocated when it is read. */
export interface Places {
  /** The folder that has them; absolute. */
  readonly path: string;
  /** The folder of the files at rest. */
  readonly files: string;
  readonly count: number;
  /** Whether groups of processes begin with different ones. */
  readonly byGroup: boolean;
}

/** A signal by which functions are entered. */
export interface Trap {
  readonly signal: number;
  readonly handler: Address;
  readonly restorer: Address;
}

export interface PlanInput {
  readonly blueprint: Blueprint;
  readonly layout: Layout;
  readonly regions: PlanRegions;
  readonly memory: MemoryPlan;
  readonly fixUps: FixUps;
  readonly unwindTable: UnwindTable | undefined;
  readonly placing: Placing;
  /** Without those that a thunk settles. */
  readonly words: readonly ProcessWord[];
  /** See `planFlags`. */
  readonly endOnCollision: boolean;
  readonly moves: Moves;
  readonly gsBase?: Address | undefined;
  readonly trap?: Trap | undefined;
  readonly places?: Places | undefined;
}

/** Auxiliary entries that differ from process to process, or that the loader sets. */
const perProcess: ReadonlySet<number> = new Set<number>([
  AT.phdr,
  AT.phnum,
  AT.base,
  AT.entry,
  AT.platform,
  AT.random,
  AT.secure,
  AT.execfn,
  AT.sysinfoEhdr,
  // AT_UID, AT_EUID, AT_GID, AT_EGID
  ...[11, 12, 13, 14],
]);
/** The loader keeps entries below this type (AUXILIARY_TYPES of native/start.h). */
const auxiliaryTypes = 64;
/** TASK_COMM_LEN of linux/sched.h without its closing zero. */
const commandNameLength = 15;

export function makePlan(input: PlanInput): Plan {
  const { blueprint, layout, regions, memory, fixUps, placing, words } = input;
  const { facts } = blueprint;
  return {
    scalars: {
      ...placeScalars(placing),
      ...stateScalars(blueprint, layout),
      ...programScalars(blueprint, layout),
      ...moveScalars(input),
      ...callScalars(input),
      flags: flagsOf(input),
      place_count: input.places?.count ?? 0,
    },
    texts: {
      program_path: facts.path,
      invocation_path: facts.invocation,
      interpreter_path: facts.interpreter.path,
      command_name: path.basename(facts.invocation).slice(0, commandNameLength),
      platform: machine.platform,
      places_path: input.places?.path ?? '',
    },
    vdsoNotes: blueprint.start.context.vdsoNotes,
    tables: {
      backings: memory.backings.map(backingRow),
      steps: memory.backings.flatMap(({ steps }) => steps),
      regions: regions.rows,
      prefaults: pageRuns(writtenPages(blueprint, layout, words)),
      seals: memory.seals,
      fix_ranges: fixUps.ranges,
      ...questionTables(facts, blueprint.start.questions),
      ...machineTables(blueprint),
      words: words.map((word) => wordRow(regions, word)),
    },
  };
}

function placeScalars(
  placing: Placing,
): Pick<
  Plan['scalars'],
  | 'plan_address'
  | 'head_size'
  | 'loader_address'
  | 'loader_offset'
  | 'loader_size'
  | 'fixes_offset'
  | 'heap_offset'
  | 'file_size'
> {
  return {
    plan_address: placing.planAddress,
    head_size: placing.headSize,
    loader_address: placing.loaderAddress,
    loader_offset: placing.loaderOffset,
    loader_size: placing.loaderSize,
    fixes_offset: placing.fixesOffset,
    heap_offset: placing.heapOffset,
    file_size: placing.fileSize,
  };
}

function stateScalars(blueprint: Blueprint, layout: Layout) {
  const { handoff, registrations, context } = blueprint.start;
  const move = (address: Address | undefined): Address =>
    address === undefined ? 0 : moveAddress(blueprint, layout, address);
  return {
    handoff: move(handoff.address),
    rax: move(Number(handoff.rax)),
    fs_base: move(registrations.fsBase),
    thread_id_address: move(registrations.threadIdAddress),
    robust_head: move(registrations.robustList?.head),
    robust_length: registrations.robustList?.length ?? 0,
    rseq_address: move(registrations.rseq?.address),
    rseq_length: registrations.rseq?.length ?? 0,
    rseq_signature: registrations.rseq?.signature ?? 0,
    heap_size: registrations.heapSize,
    xcr0: context.processor?.xcr0 ?? 0n,
  };
}

/** What the auxiliary vector and the kernel's notes say of the executable and the linker. */
function programScalars(blueprint: Blueprint, layout: Layout) {
  const { facts } = blueprint;
  const { code, data } = facts;
  const bias = moduleBias(blueprint, layout, facts.executable);
  const phdr = Number(blueprint.start.context.auxiliary.get(AT.phdr) ?? 0n);
  return {
    code_start: bias + code.start,
    code_end: bias + code.end,
    data_start: bias + data.start,
    data_end: bias + data.end,
    memory_end: memoryEnd(blueprint, facts.executable),
    program_headers: moveAddress(blueprint, layout, phdr),
    program_header_count: facts.programHeaders,
    linker_base: moduleBias(blueprint, layout, facts.interpreter),
    entry: bias + facts.entry,
  };
}

/** What a process needs for calls between modules. */
function callScalars({ gsBase, trap }: PlanInput) {
  return {
    gs_base: gsBase ?? 0,
    trap_signal: trap?.signal ?? 0,
    trap_handler: trap?.handler ?? 0,
    trap_restorer: trap?.restorer ?? 0,
  };
}

/** Which region each address of the plan lies in, and what a move changes beside. */
function moveScalars({ blueprint, layout, regions, fixUps, unwindTable }: PlanInput) {
  const { facts, start } = blueprint;
  const { handoff, registrations } = start;
  const rowAt = (address: Address | undefined): number =>
    address === undefined ? 0 : regions.rowAt(address);
  const rowOfModule = ({ path: file }: ModuleFacts): number =>
    regions.rowOf(blueprint.regions.findIndex(({ region }) => region.module?.path === file));
  return {
    fixes_size: fixUps.bytes.length,
    fixes_checksum: fixUps.checksum,
    unwind_table: unwindTable ? moveAddress(blueprint, layout, unwindTable.address) : 0,
    unwind_table_count: unwindTable?.count ?? 0,
    unwind_table_region: unwindTable ? regions.rowOf(unwindTable.region) : 0,
    handoff_region: rowAt(handoff.address),
    rax_region: rowAt(Number(handoff.rax)),
    fs_base_region: rowAt(registrations.fsBase),
    thread_id_region: rowAt(registrations.threadIdAddress),
    robust_region: rowAt(registrations.robustList?.head),
    rseq_region: rowAt(registrations.rseq?.address),
    executable_region: rowOfModule(facts.executable),
    linker_region: rowOfModule(facts.interpreter),
    heap_region: regions.heap,
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

/** Relative to the load address. */
function memoryEnd({ regions }: Blueprint, executable: ModuleFacts): number {
  const found = regions.find(({ region }) => region.module?.path === executable.path)?.region;
  return found ? found.end - found.loadBias : 0;
}

/** What a module's `Vaddr`s are relative to in a layout. */
function moduleBias(blueprint: Blueprint, layout: Layout, module: ModuleFacts): Address {
  const index = blueprint.regions.findIndex(({ region }) => region.module?.path === module.path);
  const bias = blueprint.regions[index]?.region.loadBias ?? 0;
  return bias + regionShift(blueprint, layout, index);
}

type QuestionTables = Pick<Plan['tables'], 'files' | 'links' | 'paths' | 'calls' | 'limits'>;

/** The executable and the linker were opened by the kernel; all else is in the questions. */
function questionTables(facts: ProgramFacts, questions: readonly Question[]): QuestionTables {
  const { path: linker, identity } = facts.interpreter;
  const files = [
    { file: linker, identity },
    ...questions.flatMap((q) => (q.kind === 'file' ? [{ file: q.path, identity: q.identity }] : [])),
  ];
  return {
    files: [...programRows(facts), ...fileRows(files)],
    links: facts.links,
    paths: questions.flatMap((q) =>
      q.kind === 'absent' || q.kind === 'directory' ? [{ path: q.path, kind: pathKinds[q.kind] }] : [],
    ),
    calls: questions.flatMap((q) =>
      q.kind === 'call' ? [{ number: q.number, argument: q.arguments[0] ?? 0n, result: q.result }] : [],
    ),
    limits: questions.flatMap((q) => (q.kind === 'limit' ? [limitRow(q.resource, q.answer)] : [])),
  };
}

/**
 * The program's file, and where its name leads if that is another path. They stand alone: the loader knows these rows by their
 * paths, which are the header's `program_path` and `invocation_path`.
 */
function programRows({ invocation, path: file, executable }: ProgramFacts): TableRows<'files'> {
  const row = { ...identityFields(executable.identity), directory: '' };
  return [...new Set([invocation, file])].map((name) => ({ ...row, path: name }));
}

interface ReadFile {
  readonly file: string;
  readonly identity: FileIdentity;
}

/** Opening a directory costs what two look-ups along its path do. */
const fewestInDirectory = 3;

/** Files of one directory stand together and are looked up from it: the loader walks the way there once. */
function fileRows(files: readonly ReadFile[]): TableRows<'files'> {
  const directories = new Map<string, ReadFile[]>();
  for (const each of files) {
    const directory = path.dirname(each.file);
    directories.set(directory, [...(directories.get(directory) ?? []), each]);
  }
  return [...directories].flatMap(([directory, members]) => {
    const together = members.length >= fewestInDirectory;
    return members.map(({ file, identity }) => ({
      ...identityFields(identity),
      directory: together ? directory : '',
      path: together ? path.basename(file) : file,
    }));
  });
}

/** The image itself has no path. */
function backingRow({ file, steps }: Backing): TableRows<'backings'>[number] {
  const nobody = { device: 0n, inode: 0n, size: 0n, mtimeNs: 0n, ctimeNs: 0n };
  const identity = identityFields(file?.identity ?? nobody);
  const in_places = file?.inPlaces ? 1 : 0;
  return { ...identity, path: file?.path ?? '', steps: steps.length, in_places };
}

/** Pages that every start writes to, ascending: those of the loader's words, and what constructors wrote. */
function writtenPages(blueprint: Blueprint, layout: Layout, words: readonly ProcessWord[]): Address[] {
  const pages = new Set(blueprint.start.startWrites.map((page) => moveAddress(blueprint, layout, page)));
  for (const { address, region } of words)
    if (blueprint.regions[region]?.region.kind !== 'heap')
      pages.add(roundDown(address + regionShift(blueprint, layout, region)));
  return [...pages].sort((a, b) => a - b);
}

function pageRuns(pages: readonly Address[]): TableRows<'prefaults'> {
  const runs: { address: Address; length: number }[] = [];
  for (const page of pages) {
    const last = runs.at(-1);
    if (last && last.address + last.length === page) last.length += pageSize;
    else runs.push({ address: page, length: pageSize });
  }
  return runs;
}

function limitRow(resource: number, answer: Buffer): TableRows<'limits'>[number] {
  return { resource, current: answer.readBigUInt64LE(0), maximum: answer.readBigUInt64LE(8) };
}

function machineTables(blueprint: Blueprint): Pick<Plan['tables'], 'auxiliary' | 'cpuid'> {
  const { auxiliary, processor } = blueprint.start.context;
  const compared = [...auxiliary].filter(([type]) => type < auxiliaryTypes && !perProcess.has(type));
  return {
    auxiliary: compared.map(([type, value]) => ({ type, value })),
    cpuid: processor?.answers ?? [],
  };
}

/** A word in the heap has its address relative to the break. */
function wordRow(regions: PlanRegions, { address, addend, source, width, region }: ProcessWord) {
  return {
    address: regions.place(region, address),
    addend,
    source: sources[source.kind],
    width,
    type: source.kind === 'auxiliary' ? source.type : 0,
    region: regions.rowOf(region),
  };
}
