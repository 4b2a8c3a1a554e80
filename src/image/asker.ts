/**
 * Starts programs through native/asker.c, and reads what each of them said. A start from here would copy the page tables of this process,
 * which takes 60 ms where a store is built; the asker has nothing to copy.
 */
import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism, constants } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { getSystemErrorName } from 'node:util';
import { nativePart } from '../util/native.ts';
import type { Executable } from './executable-memory.ts';
import type { Ended, Environment } from './obstacle.ts';

export interface Start {
  readonly executable: Executable;
  readonly environment: Environment;
}

/** A launcher answers within milliseconds; one that asks a dead server never does. */
const patienceMs = 10_000;
/** Of the asker: the files that are executed stand behind its three streams. */
const firstFile = 3;

/** How each of them ended, in their order. */
export async function startAll(starts: readonly Start[]): Promise<Ended[]> {
  const { file, args, stdio } = commandFor(starts);
  const child = spawn(file, args, { env: {}, stdio });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('the asker has no input or output');
  const failed = new Promise<never>((_, reject) => child.on('error', reject));
  // That it ended shows at its output.
  stdin.on('error', () => undefined);
  stdin.end(encodeStarts(starts));
  return decodeAnswers(await Promise.race([buffer(stdout), failed]), starts.length);
}

/** The same of one, at once. */
export function startOne(start: Start): Ended {
  const { file, args, stdio } = commandFor([start]);
  const { stdout, error } = spawnSync(file, args, { env: {}, stdio, input: encodeStarts([start]) });
  if (error) throw error;
  const [ended = unasked] = decodeAnswers(stdout, 1);
  return ended;
}

function commandFor(starts: readonly Start[]) {
  const descriptors = descriptorsOf(starts);
  // While one starts, another one ends.
  const atOnce = 2 * availableParallelism();
  return {
    file: nativePart('asker'),
    args: [descriptors.length, atOnce, patienceMs].map(String),
    stdio: ['pipe' as const, 'pipe' as const, 'inherit' as const, ...descriptors],
  };
}

function descriptorsOf(starts: readonly Start[]): number[] {
  return starts.flatMap(({ executable }) => ('descriptor' in executable ? [executable.descriptor] : []));
}

function encodeStarts(starts: readonly Start[]): Buffer {
  let next = firstFile;
  const questions = starts.map(({ executable, environment }) => {
    const file = 'descriptor' in executable ? `/proc/self/fd/${String(next++)}` : executable.file;
    const variables = Object.entries(environment).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    );
    return [file, ...variables, ''].map((text) => `${text}\0`).join('');
  });
  return Buffer.from(questions.join(''));
}

/** `struct answer` of native/asker.c: five ints. */
const headSize = 20;

const unasked: Ended = {
  status: null,
  signal: null,
  error: new Error('nobody could ask it'),
  ...{ stdout: '', stderr: '' },
};

function decodeAnswers(bytes: Buffer, count: number): Ended[] {
  const answers = Array<Ended>(count).fill(unasked);
  for (let at = 0; at + headSize <= bytes.length;) {
    const [question, error, status, out, err] = [0, 4, 8, 12, 16].map((field) =>
      bytes.readInt32LE(at + field),
    ) as [number, number, number, number, number];
    const [stdoutAt, stderrAt] = [at + headSize, at + headSize + out];
    answers[question] = {
      ...howItEnded(status),
      ...(error !== 0 && { error: startError(error) }),
      stdout: bytes.toString('utf8', stdoutAt, stderrAt),
      stderr: bytes.toString('utf8', stderrAt, stderrAt + err),
    };
    at = stderrAt + err;
  }
  return answers;
}

function startError(error: number): Error {
  return new Error(error === constants.errno.ETIME ? 'none in time' : getSystemErrorName(-error));
}

/** wait(2). */
function howItEnded(status: number): Pick<Ended, 'status' | 'signal'> {
  const signal = status & 0x7f;
  if (signal === 0) return { status: (status >> 8) & 0xff, signal: null };
  const [name = `signal ${String(signal)}`] =
    Object.entries(constants.signals).find(([, number]) => number === signal) ?? [];
  return { status: null, signal: name };
}
