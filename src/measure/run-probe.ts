/** One process of the probe, and what it printed, checked. The lines are described at the head of native/probe/main.c. */
import { spawn } from 'node:child_process';
import { LinkonceError } from '../util/errors.ts';
import type { FigureId } from './call-measurement.ts';
import { figureIds } from './call-measurement.ts';
import type { Command } from './stopwatch.ts';

/** What one process found. */
export interface ProbeRun {
  readonly checksum: string;
  /** ns of one call. */
  readonly ns: Readonly<Record<FigureId, number>>;
}

/** Runs the probe to its end. Throws LinkonceError where it does not end well within the limit, or prints something else. */
export async function runProbe(command: Command, limitMs: number): Promise<ProbeRun> {
  const { stdout, end } = await runToEnd(command, limitMs);
  if (end !== 'status 0') throw new LinkonceError(`${command.file}: the probe ended with ${end}`);
  return parseProbe(stdout);
}

/** Throws LinkonceError for anything but a checksum and a time of every figure. */
export function parseProbe(text: string): ProbeRun {
  const lines = text.split('\n').map((line) => line.split(' '));
  const values = new Map(lines.map(([name, ...rest]) => [name, rest]));
  const checksum = values.get('checksum')?.[0] ?? '';
  if (!/^[0-9a-f]{16}$/.test(checksum)) throw new LinkonceError('the probe printed no checksum');
  const entries = figureIds.map((id) => [id, reduceSamples(id, (values.get(id) ?? []).map(Number))]);
  return { checksum, ns: Object.fromEntries(entries) as Record<FigureId, number> };
}

/**
 * A loop is predicted from its second turn on, and what disturbs it makes it longer: its least time counts. A walk through what
 * was evicted also varies by what other programs left in the third-level cache: its lowest decile, for the least time of some
 * would be that of the luckiest.
 */
function reduceSamples(id: FigureId, samples: readonly number[]): number {
  if (samples.length === 0 || !samples.every((ns) => Number.isFinite(ns) && ns > 0))
    throw new LinkonceError(`the probe printed no times for ${id}`);
  const ascending = [...samples].sort((a, b) => a - b);
  return id.startsWith('cold') ? ascending[Math.floor(samples.length / 10)]! : ascending[0]!;
}

/** Its standard output, and how it ended: `status 0`, or a signal's name. */
export function runToEnd(
  { file, argv, environment }: Command,
  limitMs: number,
): Promise<{ readonly stdout: string; readonly end: string }> {
  return new Promise((resolve, reject) => {
    const [argv0 = file, ...args] = argv;
    const child = spawn(file, args, {
      argv0,
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(new LinkonceError(`${file}: cannot be executed (${error.code ?? error.message})`));
    });
    child.once('close', (status, signal) => {
      resolve({ stdout, end: signal ?? `status ${status ?? 0}` });
    });
  });
}
