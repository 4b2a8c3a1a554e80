/** Start-up of all trials in interleaved rounds. */
import type { OnProgress } from '../course.ts';
import type { Run, TimedRuns } from '../stopwatch.ts';
import { failedRun, samplesOf, timeCommands } from '../stopwatch.ts';
import type { BoundTrial } from './trial.ts';

export interface RunOptions {
  /** A run, or the processes of a weighing, that take longer are ended. */
  readonly limitMs: number;
  readonly onProgress: OnProgress;
}

const warmUpRounds = 2;

/** The start-up of each, ms, in the order of the rounds. One that does not end well gets an obstacle, and no times. */
export async function timeTrials(
  trials: readonly BoundTrial[],
  rounds: number,
  { limitMs, onProgress }: RunOptions,
): Promise<readonly (readonly number[])[]> {
  const commands = trials.map(({ bound }) => bound.command);
  const onRound = (round: number): void => {
    onProgress(round < 0 ? 'warming up' : `timing, round ${round + 1} of ${rounds}`);
  };
  const runs = await timeCommands(commands, { rounds, warmUpRounds, limitMs }, { onRound });
  return trials.map(({ findings }, index) => {
    const reason = failedRun(runs[index]!) ?? badEnd(runs[index]!);
    if (reason !== undefined) findings.obstacle = { status: 'failed', reason };
    return reason === undefined ? samplesOf(runs[index]) : [];
  });
}

function badEnd({ counted }: TimedRuns): string | undefined {
  const isBad = ({ end }: Run): boolean => end.kind !== 'exit' || end.status !== 0;
  const bad = counted.filter(isBad).length;
  return bad === 0 ? undefined : `${bad} of ${counted.length} timed runs did not end with status 0`;
}
