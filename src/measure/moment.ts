/**
 * Lets traced processes run, all at once, until each has come to the moment at which its memory is looked at. There is
 * no blocking wait in here: the states are polled from /proc, so that a process which never comes is met by a deadline
 * and the thread stays free. Stops that are not ours (signals of the program) are passed on as they came.
 */
import { setImmediate as yieldThread, setTimeout as sleep } from 'node:timers/promises';
import { readEntry } from '../capture/auxiliary-entry.ts';
import type { Stop, Tracee } from '../capture/ptrace.ts';
import type { StopPoint } from '../capture/stop-point.ts';
import { stopAt } from '../capture/stop-point.ts';
import { setsThreadPointer } from '../capture/thread-pointer.ts';
import type { Image } from '../image/image.ts';
import type { Settings } from './measurement.ts';

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
export interface Traveller extends Departure {
  /**
   * `reached` the moment; it was `late` (stopped at the limit); `early` (it is about to exit before its moment); `gone`
   * without any stop.
   */
  state: 'running' | 'reached' | 'late' | 'early' | 'gone';
  /** The process executed another program: a launcher that handed over, or a program that does so by itself. */
  executedAnother: boolean;
  /** Where it shall stop; absent before that memory is there. */
  point?: StopPoint;
  /** Its loader has not put everything in place yet: system calls are waited for. */
  isLoading: boolean;
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

function depart(departure: Departure, { moment }: MomentSettings): Traveller {
  const { tracee, entry } = departure;
  const isLoading = moment === 'entry' && entry !== undefined;
  const traveller: Traveller = { ...departure, state: 'running', executedAnother: false, isLoading };
  if (moment === 'entry' && !isLoading) traveller.point = stopAt(tracee, readEntry(tracee.pid));
  goOn(traveller);
  return traveller;
}

function goOn({ tracee, isLoading }: Traveller, deliver = 0): void {
  if (isLoading) tracee.releaseToSyscall(deliver);
  else tracee.release(deliver);
}

/** The loader sets the thread pointer when all is in place. */
function findEntry(traveller: Traveller): void {
  const { tracee, entry } = traveller;
  if (!traveller.isLoading || !setsThreadPointer(tracee)) return;
  traveller.isLoading = false;
  traveller.point = stopAt(tracee, typeof entry === 'number' ? entry : readEntry(tracee.pid));
}

/** Decides what a stop means; the process runs on unless it is where it should be. */
function meet(traveller: Traveller, stop: Stop, settings: MomentSettings): void {
  const { tracee } = traveller;
  const met = traveller.point?.meet(stop) ?? stop;
  switch (met.kind) {
    case 'gone':
      traveller.state = 'gone';
      return;
    case 'exit':
      traveller.state = settings.moment === 'exit' ? 'reached' : 'early';
      return;
    case 'point':
      traveller.state = 'reached';
      return;
    case 'trap':
      goOn(traveller, signal.trap);
      return;
    case 'exec':
      // The point went with the old memory, and the new program has an entry of its own.
      traveller.executedAnother = true;
      traveller.isLoading = false;
      if (settings.moment === 'entry') traveller.point = stopAt(tracee, readEntry(tracee.pid));
      tracee.release();
      return;
    case 'signal':
      goOn(traveller, stopSignals.includes(met.signal) ? 0 : met.signal);
      return;
    case 'syscall':
      findEntry(traveller);
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
