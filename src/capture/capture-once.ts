/**
 * One capture: the program is started under ptrace, its executable and linker are moved, every range that the linker
 * maps gets the address of our choice, and at the handoff point everything is read.
 *
 * The kernel placed the executable and the linker before the first instruction; they are moved by mremap(2) and the
 * auxiliary vector on the stack is corrected, so that the linker finds them where they are now.
 */
import { ET, PF, PT } from '../elf/constants.ts';
import { argumentRegisters, registerFor } from '../machine/registers.ts';
import { systemCall } from '../machine/system-calls.ts';
import { linkerVariables } from '../program/environment.ts';
import type { Module, Program } from '../program/program.ts';
import { LinkonceError, Refusal } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { hex, pageSize } from '../util/units.ts';
import type { Capture, Context, Processor } from './capture.ts';
import type { InitialContext } from './context.ts';
import { AT, readContext } from './context.ts';
import { findHandoff } from './handoff.ts';
import type { Injector } from './injection.ts';
import { createInjector, readProcessor } from './injection.ts';
import type { LinkerCall, LinkerRecord } from './linker-calls.ts';
import { newRecord, recordCall } from './linker-calls.ts';
import { readMaps } from './memory-map.ts';
import type { Placement } from './placement.ts';
import { Tracee } from './ptrace.ts';
import { recordStart } from './record-start.ts';
import type { Registers } from './ptrace.ts';
import type { RegionRange } from './regions.ts';
import type { StackLimit } from './stack-limit.ts';
import { stopAt } from './stop-point.ts';
import { moduleSpan } from './module-span.ts';
import { anonymousRegion, heapRegion, moduleRegion, readRegions } from './regions.ts';

export interface CaptureSetup {
  readonly placement: Placement;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stackLimit: StackLimit;
  /** Whether to let the process run on to the program's entry, to see what it writes. */
  readonly recordStart?: boolean;
}

/** The linker ended the process before the handoff point; `words` is what it wrote. */
export class LinkerEnded extends LinkonceError {
  readonly words: string;
  constructor(program: Program, words: string) {
    super(`${program.invocation}: its dynamic linker gives up: ${words.trim() || 'without a word'}`);
    this.words = words.trim();
  }
}

const mremapMayMove = 1;
const mremapFixed = 2;
const mapFixedNoReplace = 0x10_0000n;
const [address, length, protection, flags, file] = argumentRegisters;
/** mmap(2). */
const mmapArgument = { address, length, protection, flags, file };

interface Session {
  readonly program: Program;
  readonly tracee: Tracee;
  readonly injector: Injector;
  readonly setup: CaptureSetup;
  readonly context: InitialContext;
  readonly regions: RegionRange[];
  readonly record: LinkerRecord;
}

/** Throws LinkerEnded, or Refusal where the linker does what is not known. */
export function captureOnce(program: Program, setup: CaptureSetup): Capture {
  const tracee = Tracee.start({
    file: program.invocation,
    argv: setup.argv,
    environment: setup.environment,
    quiet: true,
    cpu: 0,
  });
  try {
    return run(begin(program, tracee, setup));
  } finally {
    tracee.end();
  }
}

function begin(program: Program, tracee: Tracee, setup: CaptureSetup): Session {
  const context = readContext(tracee, linkerVariables(setup.environment));
  const injector = createInjector(tracee);
  return { program, tracee, injector, setup, context, regions: [], record: newRecord(setup.stackLimit) };
}

function run(session: Session): Capture {
  const { tracee, injector, program, record } = session;
  const begin = injector.ticks();
  const programBreak = Number(injector.syscall(systemCall.brk, 0));
  moveKernelPlaced(session, program.executable, [AT.phdr, AT.entry]);
  moveKernelPlaced(session, program.interpreter, [AT.base]);
  const handoff = followLinker(session);
  const end = injector.ticks();
  const heapEnd = Number(injector.syscall(systemCall.brk, 0));
  if (heapEnd > programBreak) session.regions.push(heapRegion(programBreak, heapEnd));
  const context: Context = {
    ...session.context,
    programBreak,
    processor: processorOf(session),
    drawn: record.drawn,
    stackLimit: record.stackLimit.told,
    ticks: { begin, end },
  };
  const rax = tracee.registers().get(registerFor.result);
  const regions = readRegions(tracee, session.regions, program);
  // musl's handoff point is the program's entry.
  const records = session.setup.recordStart === true && program.libc === 'glibc';
  return {
    context,
    handoff: { address: handoff, rax },
    regions,
    startWrites: records ? recordStart(tracee, regions, Number(rax)) : [],
    registrations: { ...record.registrations, heapSize: heapEnd - programBreak },
    questions: [...record.questions.values()],
  };
}

function processorOf({ tracee, program, regions }: Session): Processor | undefined {
  const region = regions.find((each) => each.module === program.interpreter);
  const text = program.interpreter.elf.segments.find(
    (each) => each.type === PT.LOAD && (each.flags & PF.X) !== 0,
  );
  if (!region || !text) return undefined;
  const code = program.interpreter.elf.bytes.subarray(text.offset, text.offset + text.fileSize);
  return readProcessor(tracee, region.loadBias + text.address, code);
}

/** Moves what the kernel mapped and corrects the auxiliary vector's entries that point into it. */
function moveKernelPlaced(session: Session, module: Module, auxiliary: readonly number[]): void {
  const { tracee, injector, setup, context } = session;
  const lines = readMaps(tracee.pid).filter((line) => belongsTo(session, line.start, module));
  const [lowest] = lines;
  if (!lowest) throw new LinkonceError(`${module.path}: the kernel did not map it`);
  const from = lowest.start;
  const span = moduleSpan(module);
  const to = module.elf.header.type === ET.DYN ? setup.placement.module(module) : from;
  session.regions.push(moduleRegion(module, to));
  if (to === from) return;
  for (const { start, end } of lines) {
    const target = to + start - from;
    const moved = injector.syscall(
      systemCall.mremap,
      start,
      end - start,
      end - start,
      mremapMayMove | mremapFixed,
      target,
    );
    if (Number(moved) !== target) throw new LinkonceError(`cannot move ${module.path} to ${hex(target)}`);
  }
  for (const type of auxiliary) shiftAuxiliary(tracee, context, type, to - from);
  const registers = tracee.registers();
  const counter = registers.number(registerFor.counter);
  if (counter >= from && counter < from + span.end - span.start) {
    registers.set(registerFor.counter, counter + to - from);
    tracee.setRegisters(registers);
  }
}

/** Whether the kernel's mapping at `address` is of this module: by its range, since anonymous bss has no name. */
function belongsTo(session: Session, address: Address, module: Module): boolean {
  const { context, program } = session;
  const span = moduleSpan(module);
  const bias =
    module === program.executable
      ? Number(context.auxiliary.get(AT.entry)) - module.elf.header.entry
      : Number(context.auxiliary.get(AT.base));
  return address >= bias + span.start && address < bias + span.end;
}

function shiftAuxiliary(tracee: Tracee, context: InitialContext, type: number, distance: number): void {
  const offset = context.auxiliaryOffsets.get(type);
  if (offset === undefined) return;
  const address = context.auxv + offset;
  const value = tracee.readWord(address) + BigInt(distance);
  tracee.writeWord(address, value);
  (context.auxiliary as Map<number, bigint>).set(type, value);
}

/** Lets the linker work, call by call, up to the handoff point; answers its address. */
function followLinker(session: Session): Address {
  const { tracee, program } = session;
  const point = findHandoff(program);
  const region = session.regions.find((r) => r.module === point.module);
  if (!region) throw new Error('the handoff module has no region');
  const address = region.loadBias + point.address;
  const handoff = stopAt(tracee, address);
  for (;;) {
    const stop = handoff.meet(tracee.toSyscall());
    if (stop.kind === 'point') break;
    if (stop.kind !== 'syscall') throw new LinkerEnded(program, describeEnd(session.record, stop));
    finishCall(session, enterCall(session));
  }
  if (tracee.registers().number(registerFor.stackPointer) !== session.context.stackPointer)
    throw new Refusal('the stack pointer at the handoff point is not the initial one');
  if (session.record.files.size > 0) throw new Refusal('its dynamic linker leaves a file open');
  if (session.record.words !== '')
    throw new Refusal(`its dynamic linker says something at each start: ${session.record.words.trim()}`);
  return address;
}

function describeEnd(record: LinkerRecord, stop: { kind: string; signal?: number }): string {
  return record.words || `${stop.kind}${stop.signal === undefined ? '' : ` ${String(stop.signal)}`}`;
}

/** At the entry of a call: an mmap without an address gets ours. */
function enterCall(session: Session): Omit<LinkerCall, 'result'> {
  const registers = session.tracee.registers();
  const number = registers.number(registerFor.asked);
  const args = argumentRegisters.map((name) => registers.get(name));
  if (number === systemCall.mmap && args[0] === 0n) placeMapping(session, registers);
  return { number, arguments: args };
}

function placeMapping(session: Session, registers: Registers): void {
  const region = regionFor(session, registers);
  registers.set(mmapArgument.address, region.start);
  registers.set(mmapArgument.flags, registers.get(mmapArgument.flags) | mapFixedNoReplace);
  session.tracee.setRegisters(registers);
  session.regions.push(region);
}

function regionFor(session: Session, registers: Registers): RegionRange {
  const { placement } = session.setup;
  const size = registers.number(mmapArgument.length);
  const file = session.record.files.get(Number(BigInt.asIntN(32, registers.get(mmapArgument.file))));
  const module = file === undefined ? reservedModule(session, registers) : findModule(session, file);
  if (module) return moduleRegion(module, placement.module(module));
  if (file === undefined) return anonymousRegion(placement.anonymous(size), size);
  return anonymousRegion(placement.passing(size), size);
}

function findModule(session: Session, file: string): Module | undefined {
  return session.program.modules.find((module) => module.path === file);
}

/**
 * glibc reserves anonymous memory without access for a module whose segments want more than page alignment, before it
 * maps the open file into it (elf/dl-map-segments.h); what it reserved too much it unmaps at once.
 */
function reservedModule(session: Session, registers: Registers): Module | undefined {
  if (registers.get(mmapArgument.protection) !== 0n) return undefined;
  const open = [...session.record.files.values()].map((file) => findModule(session, file));
  return open.find((module) => module && moduleSpan(module).alignment > pageSize);
}

/** At the exit of a call: its result is known. */
function finishCall(session: Session, call: Omit<LinkerCall, 'result'>): void {
  const stop = session.tracee.toSyscall();
  if (stop.kind !== 'syscall') throw new LinkerEnded(session.program, describeEnd(session.record, stop));
  const result = BigInt.asIntN(64, session.tracee.registers().get(registerFor.result));
  recordCall({ ...call, result }, session.record, session.tracee);
}
