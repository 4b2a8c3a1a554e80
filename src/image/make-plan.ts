/** The plan of an image: everything that the loader checks, maps, writes and registers. */
import path from 'node:path';
import { AT } from '../capture/context.ts';
import type { Question } from '../capture/capture.ts';
import type { FileIdentity, Module, Program } from '../program/program.ts';
import type { Explained, ProcessWord } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { moveAddress, regionShift } from '../provenance/layout.ts';
import type { Address, FileOffset } from '../util/units.ts';
import type { MemoryPlan } from './memory-plan.ts';
import type { Plan, TableRows } from './plan.ts';
import { pathKinds, planFlags, sources } from './plan-layout.ts';
import { readsExeLink } from './exe-link.ts';

/** Where the parts of the image are that the plan itself does not know. */
export interface Placing {
  readonly planAddress: Address;
  readonly loaderAddress: Address;
  readonly loaderOffset: FileOffset;
  readonly loaderSize: number;
  readonly heapOffset: FileOffset;
  readonly fileSize: number;
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

export function makePlan(explained: Explained, layout: Layout, memory: MemoryPlan, placing: Placing): Plan {
  const { program } = explained;
  return {
    scalars: {
      ...placeScalars(placing),
      ...stateScalars(explained, layout),
      ...programScalars(explained, layout),
    },
    texts: {
      program_path: program.path,
      invocation_path: program.invocation,
      interpreter_path: program.interpreter.path,
      command_name: path.basename(program.invocation).slice(0, commandNameLength),
      platform: 'x86_64',
    },
    vdsoNotes: explained.captures.first.context.vdsoNotes,
    tables: {
      steps: memory.steps,
      seals: memory.seals,
      ...questionTables(program, explained.captures.first.questions),
      ...machineTables(explained),
      words: explained.processWords.map((word) => wordRow(explained, layout, word)),
    },
  };
}

function placeScalars(
  placing: Placing,
): Pick<
  Plan['scalars'],
  'plan_address' | 'loader_address' | 'loader_offset' | 'loader_size' | 'heap_offset' | 'file_size'
> {
  return {
    plan_address: placing.planAddress,
    loader_address: placing.loaderAddress,
    loader_offset: placing.loaderOffset,
    loader_size: placing.loaderSize,
    heap_offset: placing.heapOffset,
    file_size: placing.fileSize,
  };
}

function stateScalars(explained: Explained, layout: Layout) {
  const { handoff, registrations, context } = explained.captures.first;
  const move = (address: Address | undefined): Address =>
    address === undefined ? 0 : moveAddress(explained, layout, address);
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
function programScalars(explained: Explained, layout: Layout) {
  const { program } = explained;
  const { header } = program.executable.elf;
  const code = segmentRange(program.executable, 1);
  const data = segmentRange(program.executable, 2);
  const bias = moduleBias(explained, layout, program.executable);
  const phdr = Number(explained.captures.first.context.auxiliary.get(AT.phdr) ?? 0n);
  return {
    code_start: bias + code.start,
    code_end: bias + code.end,
    data_start: bias + data.start,
    data_end: bias + data.end,
    program_headers: moveAddress(explained, layout, phdr),
    program_header_count: program.executable.elf.segments.length,
    linker_base: moduleBias(explained, layout, program.interpreter),
    entry: bias + header.entry,
    flags:
      (readsExeLink(program) ? planFlags.needsExeLink : 0) |
      (header.type === 2 ? planFlags.fixedExecutable : 0),
  };
}

/** What a module's `Vaddr`s are relative to in a layout. */
function moduleBias(explained: Explained, layout: Layout, module: Module): Address {
  const index = explained.regions.findIndex(({ region }) => region.module === module);
  const bias = explained.regions[index]?.region.loadBias ?? 0;
  return bias + regionShift(explained, layout, index);
}

/** The first PT_LOAD segment with a flag (PF_X 1, PF_W 2), as `Vaddr`s; an empty one has one byte. */
function segmentRange(module: Module, flag: 1 | 2): { start: number; end: number } {
  const segment = module.elf.segments.find((s) => s.type === 1 && (s.flags & flag) !== 0);
  const start = segment?.address ?? 0;
  return { start, end: start + Math.max(1, segment?.fileSize ?? 0) };
}

type QuestionTables = Pick<Plan['tables'], 'files' | 'paths' | 'calls' | 'limits'>;

/** The executable and the linker were opened by the kernel; all else is in the questions. */
function questionTables(program: Program, questions: readonly Question[]): QuestionTables {
  const kernelRead = [program.executable, program.interpreter];
  const files = [
    ...kernelRead.map((module) => fileRow(module.path, module.identity)),
    ...questions.flatMap((q) => (q.kind === 'file' ? [fileRow(q.path, q.identity)] : [])),
  ];
  return {
    files,
    paths: questions.flatMap((q) =>
      q.kind === 'absent' || q.kind === 'directory' ? [{ path: q.path, kind: pathKinds[q.kind] }] : [],
    ),
    calls: questions.flatMap((q) =>
      q.kind === 'call' ? [{ number: q.number, argument: q.arguments[0] ?? 0n, result: q.result }] : [],
    ),
    limits: questions.flatMap((q) => (q.kind === 'limit' ? [limitRow(q.resource, q.answer)] : [])),
  };
}

function limitRow(resource: number, answer: Buffer): TableRows<'limits'>[number] {
  return { resource, current: answer.readBigUInt64LE(0), maximum: answer.readBigUInt64LE(8) };
}

const nanoseconds = 1_000_000_000n;

function fileRow(file: string, identity: FileIdentity): TableRows<'files'>[number] {
  return {
    device: identity.device,
    inode: identity.inode,
    size: identity.size,
    mtime_seconds: identity.mtimeNs / nanoseconds,
    mtime_nanoseconds: identity.mtimeNs % nanoseconds,
    ctime_seconds: identity.ctimeNs / nanoseconds,
    ctime_nanoseconds: identity.ctimeNs % nanoseconds,
    path: file,
  };
}

function machineTables(explained: Explained): Pick<Plan['tables'], 'auxiliary' | 'cpuid'> {
  const { auxiliary, processor } = explained.captures.first.context;
  const compared = [...auxiliary].filter(([type]) => type < auxiliaryTypes && !perProcess.has(type));
  return {
    auxiliary: compared.map(([type, value]) => ({ type, value })),
    cpuid: processor?.answers ?? [],
  };
}

/** A word in the heap has its address relative to the break. */
function wordRow(explained: Explained, layout: Layout, word: ProcessWord): TableRows<'words'>[number] {
  const region = explained.regions[word.region]?.region;
  const inHeap = region?.kind === 'heap';
  return {
    address: inHeap
      ? word.address - region.start
      : word.address + regionShift(explained, layout, word.region),
    addend: word.addend,
    source: sources[word.source.kind],
    width: word.width,
    type: word.source.kind === 'auxiliary' ? word.source.type : 0,
    in_heap: inHeap ? 1 : 0,
  };
}
