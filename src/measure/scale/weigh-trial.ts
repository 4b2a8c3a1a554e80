/** The memory of a trial's processes, so many of them alive at once. */
import { LinkonceError } from '../../util/errors.ts';
import { typicalMemory } from '../combine-memory.ts';
import type { ProcessMemory } from '../measurement.ts';
import { weighProcesses } from '../memory.ts';
import { whyHandedOver } from '../handed-over.ts';
import { lackOfRoom, readRoom } from './room-for-processes.ts';
import type { BoundTrial, Obstacle } from './trial.ts';

/** Adds to the trial what each count, ascending, came to: what a process takes tells whether the next would fit. */
export async function weighTrial(
  trial: BoundTrial,
  counts: readonly number[],
  limitMs: number,
): Promise<void> {
  const { memory } = trial.findings;
  let one: ProcessMemory | undefined;
  for (const count of counts) {
    const lack = lackOfRoom(count, one, readRoom());
    const found: readonly ProcessMemory[] | Obstacle =
      lack === undefined ? await weigh(trial, count, limitMs) : { status: 'not-run', reason: lack };
    memory.set(count, found);
    if (!('status' in found)) one = typicalMemory(found);
  }
}

async function weigh(
  { specimen, bound }: BoundTrial,
  count: number,
  limitMs: number,
): Promise<readonly ProcessMemory[] | Obstacle> {
  const { command, image } = bound;
  const entry = image.entry === undefined ? {} : { entry: image.entry };
  const load = { command, program: specimen.set.executable, processes: count, ...entry };
  try {
    const { weights } = await weighProcesses([load], { moment: 'exit', limitMs });
    const weight = weights[0]!;
    if (weight.executedAnother) return { status: 'failed', reason: whyHandedOver(command) };
    if (weight.didNotEnd)
      return {
        status: 'failed',
        reason: `not all ${count} processes came to their end in ${limitMs / 1000} s`,
      };
    return weight.processes;
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    return { status: 'failed', reason: error.message };
  }
}
