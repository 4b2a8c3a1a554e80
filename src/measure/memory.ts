/**
 * Weighs programs: some processes of each, all alive at once, each stopped at the same moment, each looked at, then ended.
 * A stopped process changes nothing, and the stop at the entry (`stop-point.ts`) leaves no page behind, so the look
 * dirties no page. All of it runs in one thread, as ptrace(2) demands; the processes die with this one.
 */
import { Tracee } from '../capture/ptrace.ts';
import { LinkonceError } from '../util/errors.ts';
import { killDescendants } from '../capture/descendants.ts';
import type { Image } from '../image/image.ts';
import type { AddressSpace } from './address-space.ts';
import type { SharingReport } from './frame-sharing.ts';
import { classifyFrames } from './frame-sharing.ts';
import type { ProcessMemory } from './measurement.ts';
import type { MomentSettings, Traveller } from './moment.ts';
import { bringToMoment } from './moment.ts';
import { readFrames } from './page-frames.ts';
import { readProcessMemory } from './process-memory.ts';
import { readSpace } from './read-space.ts';
import type { Command } from './stopwatch.ts';

/** What is to be weighed of one program. */
export interface Load {
  readonly command: Command;
  /** Which program it is: loads with the same word are one program in `sharing`. */
  readonly program: string;
  /** Alive at once. */
  readonly processes: number;
  /** As of `Image`. */
  readonly entry?: Image['entry'];
}

export interface Weighing {
  /** One a load. */
  readonly weights: readonly Weight[];
  /** Of all processes, in the order of the weights; absent where the kernel hides frame numbers. */
  readonly sharing?: SharingReport;
}

export interface Weight {
  /** Of each process; as many as were asked for. */
  readonly processes: readonly ProcessMemory[];
  /** A process had not ended at the limit and was looked at then. */
  readonly didNotEnd: boolean;
  /** A process ended before its seconds had passed and was looked at then. */
  readonly endedEarly: boolean;
  /** A process executed another program: a launcher that handed over, or the program's own way. */
  readonly executedAnother: boolean;
  /** Of the first process; absent where it was not asked for. */
  readonly space?: AddressSpace;
}

/** What is looked at beside the memory figures; nothing where absent. */
export interface WeighSettings extends MomentSettings {
  /** Which page frames the processes map: costs a few ms a process. */
  readonly frames?: boolean;
  /** What the first process of each load has where: costs up to a second. */
  readonly space?: boolean;
}

/** A process of a load. */
interface Passenger {
  readonly load: Load;
  readonly tracee: Tracee;
  readonly entry?: Image['entry'];
}

/**
 * Starts the processes of all loads, standard streams on /dev/null, and reads their memory at the moment. No process of
 * them is left afterwards. Throws LinkonceError where a program cannot be started, or ends or lingers before it comes to
 * its entry.
 */
export function weighProcesses(loads: readonly Load[], settings: WeighSettings): Promise<Weighing> {
  return withProcesses(loads, settings, (travellers, passengers) => {
    const of = (load: Load): Traveller[] => travellers.filter((_, index) => passengers[index]?.load === load);
    const sharing = settings.frames ? readSharing(passengers) : undefined;
    return { weights: loads.map((load) => weigh(of(load), settings)), ...(sharing && { sharing }) };
  });
}

/** The same, with another look at them; both lists have one entry a process, in the order of the loads. */
export async function withProcesses<T>(
  loads: readonly Load[],
  settings: MomentSettings,
  look: (travellers: readonly Traveller[], passengers: readonly Passenger[]) => T | Promise<T>,
): Promise<T> {
  const passengers: Passenger[] = [];
  try {
    for (const load of loads) for (let i = 0; i < load.processes; i++) passengers.push(start(load));
    const travellers = await bringToMoment(passengers, settings);
    travellers.forEach((traveller, index) => {
      checkArrival(passengers[index]!.load.command, traveller, settings);
    });
    return await look(travellers, passengers);
  } finally {
    for (const { tracee } of passengers) killDescendants(tracee.pid);
    for (const { tracee } of passengers) tracee.end();
  }
}

function start(load: Load): Passenger {
  const tracee = Tracee.start({ ...load.command, quiet: true });
  return { load, tracee, ...(load.entry !== undefined && { entry: load.entry }) };
}

function readSharing(passengers: readonly Passenger[]): SharingReport | undefined {
  const frames = readFrames(passengers.map(({ tracee }) => tracee.pid));
  return (
    frames &&
    classifyFrames(frames.map((of, index) => ({ program: passengers[index]!.load.program, frames: of })))
  );
}

function weigh(travellers: readonly Traveller[], { moment, space }: WeighSettings): Weight {
  const [first] = travellers;
  const some = (state: Traveller['state']): boolean =>
    travellers.some((traveller) => traveller.state === state);
  return {
    processes: travellers.map(({ tracee }) => readProcessMemory(tracee.pid)),
    didNotEnd: moment === 'exit' && some('late'),
    endedEarly: some('early'),
    executedAnother: travellers.some(({ executedAnother }) => executedAnother),
    ...(space && first && { space: readSpace(first.tracee.pid) }),
  };
}

function checkArrival(command: Command, { state }: Traveller, { moment, limitMs }: MomentSettings): void {
  if (state === 'gone') throw new LinkonceError(`${command.file}: was killed while it was looked at`);
  if (moment !== 'entry' || state === 'reached') return;
  const how =
    state === 'late' ? `did not come to its entry in ${limitMs / 1000} s` : 'ended before its entry';
  throw new LinkonceError(`${command.file}: ${how}`);
}
