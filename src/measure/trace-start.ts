/**
 * One start under ptrace, with the moments at which its phases end: the linker's handoff point (for an image: when the loader sets the
 * thread pointer, and all is in place), the program's entry, and its end. Until the entry it stops at each system call, too.
 *
 * The clock stands while the process is stopped. What a stop costs besides, to go and to come back, is taken off as well: the least that
 * any way from one stop to the next took, since a call that only reads a word takes next to nothing. What is left of a tracer are the
 * caches that it took: the times tell phases and calls apart, and are no start-up times.
 */
import { setImmediate as yieldThread } from 'node:timers/promises';
import { signalOf } from '../capture/await-stop.ts';
import { AT, readContext } from '../capture/context.ts';
import { killDescendants } from '../capture/descendants.ts';
import { findHandoff } from '../capture/handoff.ts';
import { moduleSpan } from '../capture/module-span.ts';
import { readEntry } from '../capture/auxiliary-entry.ts';
import type { Stop } from '../capture/ptrace.ts';
import { Tracee } from '../capture/ptrace.ts';
import { readText } from '../capture/read-text.ts';
import type { StopPoint } from '../capture/stop-point.ts';
import { stopAt } from '../capture/stop-point.ts';
import { setsThreadPointer } from '../capture/thread-pointer.ts';
import type { Image } from '../image/image.ts';
import { argumentRegisters, registerFor } from '../machine/registers.ts';
import { systemCall } from '../machine/system-calls.ts';
import { linkerVariables } from '../program/environment.ts';
import type { Program } from '../program/program.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import type { CallSlice, PhaseName, Slice, TracedStart } from './start-phases.ts';
import type { Command } from './stopwatch.ts';

export interface TraceRequest {
  readonly command: Command;
  readonly program: Program;
  readonly image: Image;
  /** A start that takes longer is ended, ms. */
  readonly limitMs: number;
}

/** Throws LinkonceError where it does not come to its end, or hands over to another program. */
export async function traceStart(request: TraceRequest): Promise<TracedStart> {
  const { file, argv, environment } = request.command;
  const tracee = Tracee.start({ file, argv, environment, quiet: true });
  try {
    return await new TracedProcess(tracee, request).follow();
  } finally {
    killDescendants(tracee.pid);
    tracee.end();
  }
}

/** A call, from one stop to another. */
interface PendingCall extends Pick<CallSlice, 'name' | 'path'> {
  readonly begin: number;
  readonly end: number;
}

/** When each stop was, in microseconds of the process: without what every way has, which is the tracer's. */
function timesOf(ways: readonly number[]): readonly number[] {
  const toll = Math.min(...ways);
  let at = 0;
  return [0, ...ways.map((way) => (at += way - toll))];
}

class TracedProcess {
  private readonly tracee: Tracee;
  private readonly request: TraceRequest;
  private readonly deadline: number;
  private readonly calls: PendingCall[] = [];
  /** Moments are stops, counted. */
  private readonly ends = new Map<PhaseName, number>();
  /** The call that it is in: at first the execve that it has just come out of. */
  private entered: Omit<PendingCall, 'end'> | undefined = { name: 'execve', begin: 0 };
  private point: StopPoint | undefined;
  /** Microseconds that it ran from each stop to the next. */
  private readonly ways: number[] = [];

  constructor(tracee: Tracee, request: TraceRequest) {
    this.tracee = tracee;
    this.request = request;
    this.deadline = performance.now() + request.limitMs;
    if (request.image.files.length === 0) this.point = stopAt(tracee, handoffOf(tracee, request));
  }

  async follow(): Promise<TracedStart> {
    let deliver = 0;
    for (;;) {
      const stop = await this.next(deliver);
      deliver = 0;
      const met = this.point?.meet(stop) ?? stop;
      if (met.kind === 'exit' || met.kind === 'gone') return this.finish();
      if (met.kind === 'exec') throw new LinkonceError('it handed over to another program');
      if (met.kind === 'point') this.reach();
      else if (met.kind === 'syscall') this.meetCall();
      else deliver = signalOf(met);
    }
  }

  /** Lets it run to its next stop; no one waits in the kernel, so that a process that never stops is met by the deadline. */
  private async next(deliver: number): Promise<Stop> {
    const { tracee } = this;
    const released = performance.now();
    if (this.ends.has('constructors')) tracee.release(deliver);
    else tracee.releaseToSyscall(deliver);
    while (!tracee.hasStopped()) {
      if (performance.now() > this.deadline) throw new LinkonceError('it does not come to its end');
      await yieldThread();
    }
    this.ways.push((performance.now() - released) * 1000);
    return tracee.wait();
  }

  /** The handoff point, or behind it the entry. musl's handoff point is the entry: the program itself has constructors called. */
  private reach(): void {
    this.point = undefined;
    const { tracee } = this;
    const now = this.ways.length;
    const isHandoff = !this.ends.has('linking');
    if (isHandoff) this.ends.set('linking', now);
    const { entry } = this.request.image;
    const address = typeof entry === 'number' ? entry : readEntry(tracee.pid);
    if (isHandoff && tracee.registers().number(registerFor.counter) !== address)
      this.point = stopAt(tracee, address);
    else this.ends.set('constructors', now);
  }

  private meetCall(): void {
    if (this.entered === undefined) {
      this.entered = { ...callOf(this.tracee), begin: this.ways.length };
      return;
    }
    this.calls.push({ ...this.entered, end: this.ways.length });
    this.entered = undefined;
    const isImage = this.request.image.files.length > 0;
    if (isImage && !this.ends.has('linking') && setsThreadPointer(this.tracee)) this.reach();
  }

  private finish(): TracedStart {
    const [linking, constructors] = [this.ends.get('linking'), this.ends.get('constructors')];
    if (linking === undefined || constructors === undefined)
      throw new LinkonceError('it ended before it came to its entry');
    const times = timesOf(this.ways);
    const slice = (from: number, to: number): Slice => ({
      startUs: times[from]!,
      durationUs: times[to]! - times[from]!,
    });
    return {
      phases: {
        linking: slice(0, linking),
        constructors: slice(linking, constructors),
        program: slice(constructors, this.ways.length),
      },
      calls: this.calls.map(({ begin, end, ...call }) => ({ ...call, ...slice(begin, end) })),
    };
  }
}

function handoffOf(tracee: Tracee, { program, command }: TraceRequest): Address {
  const { auxiliary } = readContext(tracee, linkerVariables(command.environment));
  const bias = Number(auxiliary.get(AT.base) ?? 0) - moduleSpan(program.interpreter).start;
  return bias + findHandoff(program).address;
}

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(systemCall).map(([name, number]) => [number, name.toLowerCase()]),
);
/** Which argument of a call is the path of what it opens. */
const pathArguments: ReadonlyMap<number, 0 | 1> = new Map([
  [systemCall.open, 0],
  [systemCall.openat, 1],
]);

function callOf(tracee: Tracee): Pick<CallSlice, 'name' | 'path'> {
  const registers = tracee.registers();
  const number = registers.number(registerFor.asked);
  const argument = pathArguments.get(number);
  const name = names.get(number) ?? `system call ${String(number)}`;
  if (argument === undefined) return { name };
  return { name, path: readText(tracee, registers.number(argumentRegisters[argument])) };
}
