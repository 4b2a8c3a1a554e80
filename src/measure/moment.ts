/**
 * Lets traced processes run, all at once, until each has come to the moment at which its memory is looked at. There is
 * no blocking wait in here: the states are polled from /proc, so that a process which never comes is met by a deadline
 * and the thread stays free. Stops that are not ours (signals of the program) are passed on as they came.
 */
import { setImmediate as yieldThread, setTimeout as sleep } from 'node:timers/promises';
import type { Stop, Tracee } from '../capture/ptrace.ts';
import type { Image } from '../image/image.ts';
import type { Address } from '../util/units.ts';
import type { Settings } from './measurement.ts';
import { readEntry } from './process-memory.ts';

export interface MomentSettings {
  readonly moment: Settings['moment'];
  /** How long to wait for the entry or the exit, ms. */
  readonly limitMs: number;
}

/** A process that is stopped at its first instruction. */
export interface Departure {
  readonly tracee: Tracee;
  /** As of `Image`. */
  readonly entry?: Image['entry'];
}

/** A process on its way to the moment. */
export interface Traveller {
  readonly tracee: Tracee;
  /**
   * `reached` the moment; it was `late` (stopped at the limit); `early` (it is about to exit before its moment); `gone`
   * without any stop.
   */
  state: 'running' | 'reached' | 'late' | 'early' | 'gone';
  /** The process executed another program: a launcher that handed over, or a program that does so by itself. */
  executedAnother: boolean;
  /** Where the hardware breakpoint is. */
  breakpoint: Address;
  /** Its loader has not told the kernel yet where the entry is: system calls are waited for. */
  isMoving: boolean;
}

const signal = { trap: 5, stop: 19 };
/** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: a program that stops itself would wait for a shell that is not there. */
const stopSignals = [19, 20, 21, 22];
const pollMs = 1;
/** Its number in asm/unistd_64.h. */
const archPrctl = 158;

/** Lets the processes run to the moment, and returns them in their order. All are stopped or gone afterwards. */
export async function bringToMoment(
  departures: readonly Departure[],
  settings: MomentSettings,
): Promise<readonly Traveller[]> {
  const { moment, limitMs } = settings;
  const travellers = departures.map((departure) => depart(departure, settings));
  const deadline = performance.now() + (typeof moment === 'number' ? moment * 1000 : limitMs);
  const running = (): Traveller[] => travellers.filter(({ state }) => state === 'running');
  while (running().length > 0 && performance.now() < deadline) {
    const stopped = running().filter(({ tracee }) => tracee.hasStopped());
    for (const traveller of stopped) meet(traveller, traveller.tracee.wait(), settings);
    // A program that lives on signals stops again at once, and would otherwise wait for us each time.
    await (stopped.length > 0 ? yieldThread() : sleep(pollMs));
  }
  for (const traveller of running()) halt(traveller, settings);
  return travellers;
}

function depart({ tracee, entry }: Departure, { moment }: MomentSettings): Traveller {
  const isMoving = moment === 'entry' && entry === 'moves';
  const traveller: Traveller = { tracee, state: 'running', executedAnother: false, breakpoint: 0, isMoving };
  if (moment === 'entry' && entry !== 'moves') breakAt(traveller, entry ?? readEntry(tracee.pid));
  goOn(traveller);
  return traveller;
}

function goOn({ tracee, isMoving }: Traveller, deliver = 0): void {
  if (isMoving) tracee.releaseToSyscall(deliver);
  else tracee.release(deliver);
}

/** By arch_prctl(2) the loader sets the thread pointer: all is in place then, and AT_ENTRY is the program's. */
function findMovedEntry(traveller: Traveller): void {
  const { tracee } = traveller;
  if (!traveller.isMoving || tracee.registers().number('orig_rax') !== archPrctl) return;
  traveller.isMoving = false;
  breakAt(traveller, readEntry(tracee.pid));
}

function breakAt(traveller: Traveller, entry: Address): void {
  traveller.breakpoint = entry;
  traveller.tracee.setHardwareBreakpoint(entry);
}

/** Decides what a stop means; the process runs on unless it is where it should be. */
function meet(traveller: Traveller, stop: Stop, settings: MomentSettings): void {
  const { tracee } = traveller;
  switch (stop.kind) {
    case 'gone':
      traveller.state = 'gone';
      return;
    case 'exit':
      traveller.state = settings.moment === 'exit' ? 'reached' : 'early';
      return;
    case 'trap':
      if (tracee.registers().number('rip') === traveller.breakpoint) traveller.state = 'reached';
      else goOn(traveller, signal.trap);
      return;
    case 'exec':
      // execve(2) clears the debug registers, and the new program has an entry of its own.
      traveller.executedAnother = true;
      traveller.isMoving = false;
      if (settings.moment === 'entry') breakAt(traveller, readEntry(tracee.pid));
      tracee.release();
      return;
    case 'signal':
      goOn(traveller, stopSignals.includes(stop.signal) ? 0 : stop.signal);
      return;
    case 'syscall':
      findMovedEntry(traveller);
      goOn(traveller);
  }
}

/** Stops a process wherever it is. */
function halt(traveller: Traveller, settings: MomentSettings): void {
  const { tracee } = traveller;
  tracee.signal(signal.stop);
  while (traveller.state === 'running') {
    const stop = tracee.wait();
    if (stop.kind !== 'signal' || stop.signal !== signal.stop) meet(traveller, stop, settings);
    else traveller.state = typeof settings.moment === 'number' ? 'reached' : 'late';
  }
}
