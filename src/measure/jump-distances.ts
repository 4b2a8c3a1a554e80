/** What indirect jumps and calls cost on this processor by the distance of their targets: no system, no module. */
import type { OnProgress } from './course.ts';
import { limitMs } from './call-rounds.ts';
import { LinkonceError } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { JumpsAtDistance } from './call-measurement.ts';
import { runToEnd } from './run-probe.ts';
import { estimateMedian } from './statistics.ts';

const exponents = [20, 24, 28, 30, 32, 34, 36, 38, 40, 44];

/** Bytes, ascending: 1 MiB to 16 TiB. */
export const jumpDistances: readonly number[] = exponents.map((exponent) => 2 ** exponent);

/** Of one process: together 60 ms. */
const [calls, repetitions] = [1 << 16, 20];

/** By `BYTES jump` and `BYTES call`: ns of one, the least of the repetitions, which what disturbs them only makes longer. */
export type JumpRun = ReadonlyMap<string, number>;

/** One process. Throws LinkonceError where it does not end well. */
export async function runJumps(file: string, limitMs: number): Promise<JumpRun> {
  const argv = [file, ...[calls, repetitions, ...jumpDistances].map(String)];
  const { stdout, end } = await runToEnd({ file, argv, environment: {} }, limitMs);
  if (end !== 'status 0') throw new LinkonceError(`${file}: the jumps ended with ${end}`);
  const lines = stdout.trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const [bytes, kind, ...ns] = line.split(' ');
      return [`${bytes ?? ''} ${kind ?? ''}`, Math.min(...ns.map(Number))];
    }),
  );
}

/** Processes have different bases: the interval also holds what depends on these. */
export function describeJumps(runs: readonly JumpRun[]): readonly JumpsAtDistance[] {
  const estimate = (name: string) =>
    estimateMedian(runs.map((run) => present(run.get(name), `time of ${name}`)));
  return jumpDistances.map((bytes) => ({
    bytes,
    jumpNs: estimate(`${String(bytes)} jump`),
    callNs: estimate(`${String(bytes)} call`),
  }));
}

/** So many processes, one after the other. */
export async function measureJumps(
  file: string,
  rounds: number,
  onProgress: OnProgress,
): Promise<readonly JumpsAtDistance[]> {
  const runs: JumpRun[] = [];
  for (let round = 0; round < rounds; round++) {
    onProgress(`jumping, round ${String(round + 1)} of ${String(rounds)}`, { done: round, of: rounds });
    runs.push(await runJumps(file, limitMs));
  }
  return describeJumps(runs);
}
