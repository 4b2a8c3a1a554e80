/** The rounds of the call lab: one process of each candidate a round, each round beginning with another one. */
import { LinkonceError } from '../util/errors.ts';
import type { OnProgress } from './course.ts';
import { whyHandedOver } from './handed-over.ts';
import { weighProcesses } from './memory.ts';
import type { ProbeRun } from './run-probe.ts';
import { runProbe } from './run-probe.ts';
import type { Command } from './stopwatch.ts';
import { attemptLater } from '../util/outcome.ts';

/** What is timed, and what has come of it so far. */
export interface CallCandidate {
  /** For messages. */
  readonly name: string;
  readonly command: Command;
  /** One a round. */
  readonly runs: ProbeRun[];
  /** Why it has no figures. */
  failure?: string;
}

export interface CallRounds {
  readonly rounds: number;
  /** What else is run in each round, as its last. */
  readonly beside?: () => Promise<void>;
  readonly stop?: AbortSignal | undefined;
}

/** Throws LinkonceError where a person wants no further step. */
export function throwIfStopped(stop: AbortSignal | undefined): void {
  if (stop?.aborted) throw new LinkonceError('the run was stopped');
}

/** A process of the probe takes less than a second. */
export const limitMs = 60_000;

export function beginCandidate(name: string, command: Command): CallCandidate {
  return { name, command, runs: [] };
}

/**
 * `reference` says what the probe computes: a candidate that computes something else has no figures. Candidates that fail are
 * left out from then on; throws LinkonceError where the reference does.
 */
export async function runRounds(
  reference: CallCandidate,
  others: readonly CallCandidate[],
  { rounds, beside, stop }: CallRounds,
  onProgress: OnProgress,
): Promise<void> {
  onProgress('calling, for the first time');
  const { checksum } = await runProbe(reference.command, limitMs);
  // It also brings the files into the page cache.
  for (const candidate of others) await attempt(candidate, () => rejectHandedOver(candidate));
  for (let round = 0; round < rounds; round++) {
    throwIfStopped(stop);
    onProgress(`calling, round ${round + 1} of ${rounds}`, { done: round, of: rounds });
    for (const candidate of rotate([reference, ...others], round))
      await attempt(candidate, () => runOnce(candidate, checksum));
    await beside?.();
  }
  if (reference.failure !== undefined) throw new LinkonceError(`${reference.name}: ${reference.failure}`);
}

async function runOnce({ command, runs }: CallCandidate, checksum: string): Promise<void> {
  const run = await runProbe(command, limitMs);
  if (run.checksum !== checksum)
    throw new LinkonceError(`the probe computed ${run.checksum}, and ${checksum} in the static link`);
  runs.push(run);
}

/** Of the probe: calls of a loop, and repetitions. Traced, a system that traps would take a millisecond for each call. */
const fewestCalls = ['16', '1'];

/** A launcher that handed over to the platform's linker did not run its image: its figures would be that linker's. */
async function rejectHandedOver({ command }: CallCandidate): Promise<void> {
  const short = { ...command, argv: [...command.argv.slice(0, 1), ...fewestCalls] };
  const load = { command: short, program: command.file, processes: 1 };
  const { weights } = await weighProcesses([load], { moment: 'exit', limitMs });
  if (weights.some(({ executedAnother }) => executedAnother)) throw new LinkonceError(whyHandedOver(command));
}

async function attempt(candidate: CallCandidate, work: () => Promise<void>): Promise<void> {
  if (candidate.failure !== undefined) return;
  const outcome = await attemptLater(work);
  if ('failure' in outcome) candidate.failure = outcome.failure.message;
}

function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const first = by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}
