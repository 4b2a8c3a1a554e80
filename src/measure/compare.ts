/**
 * Measures images of one program side by side: first whether they do the same at all, then the start-up of all of them in
 * interleaved rounds, then the memory of some processes of each. What goes wrong with one image is its result and
 * does not end the comparison.
 */
import type { Image } from '../image/image.ts';
import { LinkonceError } from '../util/errors.ts';
import type { NamedCommand } from './check-behaviour.ts';
import { checkBehaviour } from './check-behaviour.ts';
import { settleFiles } from './files.ts';
import { readMachine } from './machine.ts';
import type { MeasuredProgram, Measurement } from './measurement.ts';
import { isBaseLine, nameOf } from './measurement.ts';
import type { Weight } from './memory.ts';
import { weighProcesses } from './memory.ts';
import type { Findings } from './results.ts';
import { assembleResults, collectWarnings } from './results.ts';
import type { Command, TimedRuns } from './stopwatch.ts';
import { timeCommands } from './stopwatch.ts';
import type { CompareSettings, CompareSubject } from './subject.ts';

/** Called when a step begins; the text names it for a person. */
export type OnProgress = (step: string) => void;

type Candidate = Extract<CompareSubject, { image: Image }> & NamedCommand;

interface Job {
  readonly program: MeasuredProgram;
  /** The program under the platform's linker. */
  readonly reference: Command;
  readonly settings: Required<CompareSettings>;
  readonly onProgress: OnProgress;
}

/**
 * Measures the subjects. Ratios are to `got-plt lazy`, and absent without it. The processes get this one's environment.
 * Throws LinkonceError where the program itself cannot be executed.
 */
export async function compareImages(
  program: MeasuredProgram,
  subjects: readonly CompareSubject[],
  settings: CompareSettings,
  onProgress: OnProgress = () => undefined,
): Promise<Measurement> {
  const date = new Date().toISOString();
  const all = { warmUpRounds: 3, limitMs: 30_000, ...settings };
  const reference = commandOf(program, program.path, {});
  const job: Job = { program, reference, settings: all, onProgress };
  const candidates = subjects.flatMap((subject) =>
    'image' in subject ? [candidateOf(program, subject)] : [],
  );
  for (const { image } of candidates) settleFiles(image.files);
  const findings = await measure(job, candidates);
  const { runs, processes, moment } = settings;
  return {
    format: 'linkonce-measurement',
    version: 1,
    date,
    machine: readMachine(),
    program,
    settings: { runs, processes, moment, timed: findings.timed },
    results: assembleResults(subjects, findings),
    warnings: collectWarnings(findings),
  };
}

function candidateOf(
  program: MeasuredProgram,
  subject: Extract<CompareSubject, { image: Image }>,
): Candidate {
  const command = commandOf(program, subject.image.file, subject.image.environment);
  return { ...subject, name: nameOf(subject), command };
}

function commandOf(program: MeasuredProgram, file: string, additions: Image['environment']): Command {
  const inherited = Object.entries(process.env).filter(([, value]) => value !== undefined);
  const environment = { ...(Object.fromEntries(inherited) as Record<string, string>), ...additions };
  return { file, argv: [program.path, ...program.arguments], environment };
}

async function measure(job: Job, candidates: readonly Candidate[]): Promise<Findings> {
  const { settings, reference, onProgress } = job;
  const failures = new Map<string, string>();
  const healthy = (): readonly Candidate[] => candidates.filter(({ name }) => !failures.has(name));
  const behaviour = settings.timed
    ? await checkBehaviour(reference, candidates, settings.limitMs, onProgress)
    : undefined;
  for (const [name, reason] of behaviour?.failures ?? []) failures.set(name, reason);
  const timed = behaviour?.ends ?? false;
  const runs = timed ? await timeAll(job, healthy()) : new Map<string, TimedRuns>();
  const weights = await weighAll(job, healthy(), failures);
  return { timed, runs, weights, failures, warnings: behaviour?.warnings ?? [] };
}

/** Start-up of all candidates, by name. */
async function timeAll(
  { settings, onProgress }: Job,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<string, TimedRuns>> {
  const { runs: rounds, warmUpRounds, limitMs } = settings;
  const commands = candidates.map(({ command }) => command);
  const runs = await timeCommands(commands, { rounds, warmUpRounds, limitMs }, (round) => {
    onProgress(round < 0 ? 'warming up' : `timing, round ${round + 1} of ${rounds}`);
  });
  return new Map(candidates.map(({ name }, index) => [name, runs[index]!]));
}

/** Memory of each candidate in turn, by name; what cannot be weighed becomes a failure. */
async function weighAll(
  job: Job,
  candidates: readonly Candidate[],
  failures: Map<string, string>,
): Promise<ReadonlyMap<string, Weight>> {
  const weights = new Map<string, Weight>();
  for (const { name, command, image } of candidates) {
    job.onProgress(`weighing ${name}`);
    const entry = image.entry === undefined ? {} : { entry: image.entry };
    try {
      weights.set(name, await weighProcesses(command, { ...job.settings, ...entry }));
    } catch (error) {
      if (!(error instanceof LinkonceError)) throw error;
      failures.set(name, error.message);
    }
  }
  await rejectHandedOver(job, candidates, weights, failures);
  return weights;
}

/** A launcher that handed over to the platform's linker did not run its image: its figures would be that linker's. */
async function rejectHandedOver(
  { reference, settings }: Job,
  candidates: readonly Candidate[],
  weights: ReadonlyMap<string, Weight>,
  failures: Map<string, string>,
): Promise<void> {
  const suspects = candidates.filter(({ name }) => weights.get(name)?.executedAnother);
  if (suspects.length === 0) return;
  const base = weights.get(nameOf(candidates.find(isBaseLine) ?? { system: '', variant: '' }));
  const own = base ?? (await weighProcesses(reference, { ...settings, processes: 1 }));
  if (own.executedAnother) return;
  const reason = 'its launcher handed over to the platform’s linker (LINKONCE_DEBUG=1 says why)';
  for (const { name } of suspects) failures.set(name, reason);
}
