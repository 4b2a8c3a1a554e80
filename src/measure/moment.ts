/**
 * Lets traced processes run, all at once, until each has come to the moment at which its memory is looked at. There is
 * no blocking wait in here: the states are polled from /proc, so that a process which never comes is met by a deadline
 * and the thread stays free. Stops that are not ours (signals of the program) are passed on as they came.
 */
import { setImmediate as yieldThread, setTimeout as sleep } from 'node:timers/promises';
import type { Stop, Tracee } from '../capture/ptrace.ts';
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
  /** The program's entry; absent where AT_ENTRY has it. */
  readonly entry?: Address;
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
}

const signal = { trap: 5, stop: 19 };
/** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: a program that stops itself would wait for a shell that is not there. */
const stopSignals = [19, 20, 21, 22];
const pollMs = 1;

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
  const traveller: Traveller = { tracee, state: 'running', executedAnother: false, breakpoint: 0 };
  if (moment === 'entry') breakAt(traveller, entry ?? readEntry(tracee.pid));
  tracee.release();
  return traveller;
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
      else tracee.release(signal.trap);
      return;
    case 'exec':
      // execve(2) clears the debug registers, and the new program has an entry of its own.
      traveller.executedAnother = true;
      if (settings.moment === 'entry') breakAt(traveller, readEntry(tracee.pid));
      tracee.release();
      return;
    case 'signal':
      tracee.release(stopSignals.includes(stop.signal) ? 0 : stop.signal);
      return;
    case 'syscall':
      tracee.release();
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
