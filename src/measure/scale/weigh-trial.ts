/** The memory of a trial's processes, so many of them alive at once. */
import { typicalMemory } from '../combine-memory.ts';
import type { ProcessMemory } from '../measurement.ts';
import { weighProcesses } from '../memory.ts';
import { whyHandedOver } from '../handed-over.ts';
import { lackOfRoom, readRoom } from './room-for-processes.ts';
import type { BoundTrial, Obstacle } from './trial.ts';
import { attemptLater } from '../../util/outcome.ts';
import { at } from '../../util/present.ts';

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
  const failed = (reason: string): Obstacle => ({ status: 'failed', reason });
  const weighing = await attemptLater(() => weighProcesses([load], { moment: 'exit', limitMs }));
  if ('failure' in weighing) return failed(weighing.failure.message);
  const weight = at(weighing.value.weights, 0);
  if (weight.executedAnother) return failed(whyHandedOver(command));
  if (weight.didNotEnd) return failed(`not all ${count} processes came to their end in ${limitMs / 1000} s`);
  return weight.processes;
}
