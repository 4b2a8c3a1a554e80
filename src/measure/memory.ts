/**
 * Weighs a program: some processes of it alive at once, each stopped at the same moment, each looked at, then ended.
 * A stopped process changes nothing, and the breakpoint at the entry is one of the processor's, so the look
 * dirties no page. All of it runs in one thread, as ptrace(2) demands; the processes die with this one.
 */
import { Tracee } from '../capture/ptrace.ts';
import { LinkonceError } from '../util/errors.ts';
import { killDescendants } from '../capture/descendants.ts';
import type { MomentSettings, Traveller } from './moment.ts';
import { bringToMoment } from './moment.ts';
import type { ProcessMemory } from './process-memory.ts';
import { readProcessMemory } from './process-memory.ts';
import { median } from './statistics.ts';
import type { Command } from './stopwatch.ts';

export interface WeighSettings extends MomentSettings {
  /** Alive at once. */
  readonly processes: number;
}

export interface Weight {
  /** Of each process; as many as were asked for. */
  readonly processes: readonly ProcessMemory[];
  /** The medians of the processes. */
  readonly typical: ProcessMemory;
  /** A process had not ended at the limit and was looked at then. */
  readonly didNotEnd: boolean;
  /** A process ended before its seconds had passed and was looked at then. */
  readonly endedEarly: boolean;
  /** A process executed another program: a launcher that handed over, or the program's own way. */
  readonly executedAnother: boolean;
}

/**
 * Starts `settings.processes` of a command, standard streams on /dev/null, and reads their memory at the moment. No
 * process of it is left afterwards. Throws LinkonceError where the program cannot be started, or ends or lingers
 * before it comes to its entry.
 */
export async function weighProcesses(command: Command, settings: WeighSettings): Promise<Weight> {
  const tracees: Tracee[] = [];
  try {
    for (let i = 0; i < settings.processes; i++) tracees.push(Tracee.start({ ...command, quiet: true }));
    const travellers = await bringToMoment(tracees, settings);
    for (const traveller of travellers) checkArrival(command, traveller, settings);
    return weigh(travellers, settings);
  } finally {
    for (const tracee of tracees) killDescendants(tracee.pid);
    for (const tracee of tracees) tracee.end();
  }
}

function weigh(travellers: readonly Traveller[], settings: WeighSettings): Weight {
  const processes = travellers.map(({ tracee }) => readProcessMemory(tracee.pid));
  const some = (state: Traveller['state']): boolean =>
    travellers.some((traveller) => traveller.state === state);
  return {
    processes,
    typical: typicalOf(processes),
    didNotEnd: settings.moment === 'exit' && some('late'),
    endedEarly: some('early'),
    executedAnother: travellers.some(({ executedAnother }) => executedAnother),
  };
}

function checkArrival(command: Command, { state }: Traveller, { moment, limitMs }: WeighSettings): void {
  if (state === 'gone') throw new LinkonceError(`${command.file}: was killed while it was looked at`);
  if (moment !== 'entry' || state === 'reached') return;
  const how =
    state === 'late' ? `did not come to its entry in ${limitMs / 1000} s` : 'ended before its entry';
  throw new LinkonceError(`${command.file}: ${how}`);
}

function typicalOf(processes: readonly ProcessMemory[]): ProcessMemory {
  const of = (name: keyof ProcessMemory): number => median(processes.map((process) => process[name]));
  return {
    privateKb: of('privateKb'),
    sharedKb: of('sharedKb'),
    pssKb: of('pssKb'),
    pageTablesKb: of('pageTablesKb'),
    mappings: of('mappings'),
  };
}
