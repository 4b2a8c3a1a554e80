/**
 * The call lab: builds the probe under each chosen system and times its calls, side by side with the same object code linked
 * into one executable.
 */
import { rm } from 'node:fs/promises';
import type { Subject } from '../bind/subject.ts';
import { withPlaces } from '../pagein/with-places.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Choice } from './build-all.ts';
import { buildAll } from './build-all.ts';
import { describeCalls } from './call-figures.ts';
import type { CallFigures, CallMeasurement, CallResult, CallSettings } from './call-measurement.ts';
import { callsVersion } from './call-measurement.ts';
import type { CallCandidate } from './call-rounds.ts';
import { beginCandidate, runRounds, throwIfStopped } from './call-rounds.ts';
import type { OnProgress } from './course.ts';
import { settleFiles } from './files.ts';
import { readMachine } from './machine.ts';
import { isBaseLine, nameOf } from './measurement.ts';
import type { Command } from './stopwatch.ts';
import type { CompareSubject } from './subject.ts';
import { imagesOf } from './subject.ts';
import { makeTemporaryFolder } from '../util/temporary-folder.ts';

export interface CallRequest {
  /** The probe of modules. */
  readonly subject: Subject;
  /** Path of the probe that is one executable. */
  readonly staticLink: string;
}

export interface CallLabSettings extends CallSettings {
  /** The base line is among them. */
  readonly choices: readonly Choice[];
  /** Aborted when a person wants no further step: then LinkonceError is thrown. */
  readonly stop?: AbortSignal | undefined;
}

/**
 * Times the calls. A system that refuses the probe, or under which it fails or computes something else, is a result like any
 * other. Throws LinkonceError where the static link or the base line goes wrong.
 */
export async function measureCalls(
  { subject, staticLink }: CallRequest,
  { choices, stop, ...settings }: CallLabSettings,
  onProgress: OnProgress,
): Promise<CallMeasurement> {
  const date = new Date().toISOString();
  const directory = makeTemporaryFolder('calls');
  try {
    const built = await buildUnderEach(subject, choices, directory, stop, onProgress);
    const linked = beginCandidate('static link', probeCommand(staticLink, staticLink, {}, settings));
    const entries = built.map((own) => entryOf(own, subject.program.invocation, settings));
    const candidates = entries.flatMap(({ candidate }) => candidate ?? []);
    const rounds = { rounds: settings.rounds, stop };
    await withPlaces(imagesOf(built), () => runRounds(linked, candidates, rounds, onProgress));
    const head = {
      format: 'linkonce-calls',
      version: callsVersion,
      date,
      machine: readMachine(),
      settings,
    } as const;
    return { ...head, ...describeAll(linked, entries) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A system and variant; the candidate is there where it has an image. */
interface Entry {
  readonly built: CompareSubject;
  readonly candidate?: CallCandidate;
}

function entryOf(built: CompareSubject, invocation: string, settings: CallSettings): Entry {
  if (!('image' in built)) return { built };
  const { file, environment } = built.image;
  const command = probeCommand(file, invocation, environment, settings);
  return { built, candidate: beginCandidate(nameOf(built), command) };
}

async function buildUnderEach(
  subject: Subject,
  choices: readonly Choice[],
  directory: string,
  stop: AbortSignal | undefined,
  onProgress: OnProgress,
): Promise<readonly CompareSubject[]> {
  const built: CompareSubject[] = [];
  for (const [done, choice] of choices.entries()) {
    throwIfStopped(stop);
    const part = { done, of: choices.length };
    onProgress(`building the probe under ${choice.system.id} ${choice.variant}`, part);
    built.push(...(await buildAll(choice, [subject], directory)));
  }
  for (const one of built) if ('image' in one) settleFiles(one.image.files);
  return built;
}

/** With no environment but what the system needs. */
function probeCommand(
  file: string,
  name: string,
  environment: Command['environment'],
  { calls, repetitions }: CallSettings,
): Command {
  return { file, argv: [name, String(calls), String(repetitions)], environment };
}

function describeAll(
  linked: CallCandidate,
  entries: readonly Entry[],
): Pick<CallMeasurement, 'staticLink' | 'results'> {
  const baseLine = baseLineRuns(entries);
  const compare = ({ runs }: CallCandidate): CallFigures =>
    describeCalls({ runs, staticLink: linked.runs, baseLine });
  return { staticLink: compare(linked), results: entries.map((entry) => describeResult(entry, compare)) };
}

/** Without these there is nothing to compare with. */
function baseLineRuns(entries: readonly Entry[]): CallCandidate['runs'] {
  const candidate = entries.find(({ built }) => isBaseLine(built))?.candidate;
  if (candidate === undefined) throw new Error('the base line is not among the choices');
  const { name, runs, failure } = candidate;
  if (failure !== undefined) throw new LinkonceError(`${name}: ${failure}`);
  return runs;
}

function describeResult(
  { built, candidate }: Entry,
  compare: (candidate: CallCandidate) => CallFigures,
): CallResult {
  if (!('image' in built)) return built;
  const { system, variant } = built;
  if (candidate?.failure !== undefined)
    return { system, variant, status: 'failed', reason: candidate.failure };
  return { system, variant, status: 'measured', figures: compare(candidate!) };
}
