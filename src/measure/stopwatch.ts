/**
 * Drives `native/stopwatch`, which times commands in interleaved rounds. The job and the lines that come back are
 * described at the head of `native/stopwatch.c`; nothing here is on the path that is timed.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';

export interface Command {
  /** The file to execute; no search along PATH. */
  readonly file: string;
  /** argv[0] and the arguments. */
  readonly argv: readonly string[];
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface StopwatchSettings {
  /** Rounds before those that count. */
  readonly warmUpRounds: number;
  readonly rounds: number;
  /** A run that takes longer is killed. */
  readonly limitMs: number;
  /** Before each run the kernel forgets what it has of files; absent: it keeps it. Only root may. */
  readonly cold?: boolean;
  /** Number of the first round that counts; 0 where absent. */
  readonly firstRound?: number;
}

/** What is done while commands are timed. */
export interface TimingWatch {
  /** As rounds begin to come in, with the round's number (negative in warm-up). */
  readonly onRound?: (round: number) => void;
  /** For each run that counts; `command` is an index. */
  readonly onRun?: (command: number, run: Run) => void;
  /** Aborted: no further run is made, and the one that is being made does not count. */
  readonly stop?: AbortSignal;
}

export type RunEnd =
  | { readonly kind: 'exit'; readonly status: number }
  | { readonly kind: 'signal'; readonly signal: number }
  | { readonly kind: 'timeout' }
  /** execve(2) failed. */
  | { readonly kind: 'failed'; readonly errno: number };

export interface Run {
  /** Negative for warm-up. */
  readonly round: number;
  /** CLOCK_MONOTONIC from fork to death. */
  readonly ns: number;
  readonly end: RunEnd;
  /** ru_minflt and ru_majflt of getrusage(2). */
  readonly minorFaults: number;
  readonly majorFaults: number;
}

/** The runs of one command, in the order of the rounds. */
export interface TimedRuns {
  readonly warmUp: readonly Run[];
  readonly counted: readonly Run[];
}

/** The times of the runs that count, ms. */
export function samplesOf(runs: TimedRuns | undefined): readonly number[] {
  return (runs?.counted ?? []).map(({ ns }) => ns / 1e6);
}

/** A run that did not come to an end makes the times of its series meaningless: which one, and how; else undefined. */
export function failedRun(runs: TimedRuns): string | undefined {
  const bad = runs.counted.find(({ end }) => end.kind === 'timeout' || end.kind === 'failed');
  if (bad === undefined) return undefined;
  const round = `the run of round ${bad.round + 1}`;
  return bad.end.kind === 'timeout' ? `${round} did not end` : `${round} could not be executed`;
}

/**
 * Runs every command once a round and times each. Throws LinkonceError for a command that cannot be passed on (it has a NUL in
 * it).
 */
export async function timeCommands(
  commands: readonly Command[],
  settings: StopwatchSettings,
  { onRound, onRun, stop }: TimingWatch = {},
): Promise<readonly TimedRuns[]> {
  const runs = commands.map(() => ({ warmUp: [] as Run[], counted: [] as Run[] }));
  let current = Number.NEGATIVE_INFINITY;
  await runStopwatch(encodeJob(commands, settings), stop, (line) => {
    const { command, run } = parseLine(line, settings.firstRound);
    const list = runs[command];
    if (list === undefined) throw new Error(`stopwatch: unknown command in '${line}'`);
    if (stop?.aborted) return;
    (run.round < 0 ? list.warmUp : list.counted).push(run);
    if (run.round > current) onRound?.((current = run.round));
    if (run.round >= 0) onRun?.(command, run);
  });
  return runs;
}

function encodeJob(commands: readonly Command[], settings: StopwatchSettings): string {
  const strings: (string | number)[] = ['linkonce-stopwatch-2'];
  const { warmUpRounds, rounds, limitMs, cold = false } = settings;
  strings.push(warmUpRounds, rounds, limitMs, Number(cold), commands.length);
  for (const { file, argv, environment } of commands) {
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    strings.push(file, argv.length, ...argv, variables.length, ...variables);
  }
  if (strings.some((string) => String(string).includes('\0')))
    throw new LinkonceError('a command cannot be run: an argument or variable has a NUL character in it');
  return strings.map((string) => `${string}\0`).join('');
}

/** Starts the stopwatch, gives it the job and hands over its lines. */
async function runStopwatch(
  job: string,
  stop: AbortSignal | undefined,
  onLine: (line: string) => void,
): Promise<void> {
  // A session of its own: Ctrl-C is for us to hear.
  const how = { stdio: ['pipe', 'pipe', 'pipe'] as ['pipe', 'pipe', 'pipe'], env: {}, detached: true };
  const child = spawn(nativePart('stopwatch'), how);
  const kill = (): void => void child.kill('SIGKILL');
  stop?.addEventListener('abort', kill);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // It may end before it has read the whole job; its message says more than EPIPE does.
  child.stdin.on('error', () => undefined);
  child.stdin.end(job);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  try {
    for await (const line of createInterface({ input: child.stdout })) onLine(line);
  } finally {
    stop?.removeEventListener('abort', kill);
    kill();
  }
  const status = await ended;
  if (complaint !== '') throw new Error(complaint.trim());
  if (status !== 0 && status !== null) throw new Error(`stopwatch: status ${status}`);
}

function parseLine(line: string, firstRound = 0): { command: number; run: Run } {
  const [round, command, ns, end, minorFaults, majorFaults] = line.split(' ');
  const numbers = [round, command, ns, minorFaults, majorFaults].map(Number);
  if (end === undefined || !numbers.every(Number.isSafeInteger))
    throw new Error(`stopwatch: cannot read its line '${line}'`);
  const number = numbers[0]!;
  const own = number < 0 ? number : number + firstRound;
  const run = { round: own, ns: numbers[2]!, minorFaults: numbers[3]!, majorFaults: numbers[4]! };
  return { command: numbers[1]!, run: { ...run, end: parseEnd(end) } };
}

function parseEnd(text: string): RunEnd {
  const [kind, detail] = text.split(':');
  if (kind === 'exit') return { kind, status: Number(detail) };
  if (kind === 'signal') return { kind, signal: Number(detail) };
  if (kind === 'timeout') return { kind };
  if (kind === 'failed') return { kind, errno: Number(detail) };
  throw new Error(`stopwatch: unknown end of a run: '${text}'`);
}
