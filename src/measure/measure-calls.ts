/**
 * The call lab: builds the probe under each chosen system and times its calls, side by side with the same object code linked
 * into one executable.
 */
import { rm } from 'node:fs/promises';
import type { Subject } from '../bind/subject.ts';
import { withPlaces } from '../pagein/with-places.ts';
import { variantOf } from '../systems/build-variant.ts';
import { callDistanceOf } from '../systems/shared/call-distances.ts';
import type { CallDistance } from '../systems/system.ts';
import { LinkonceError } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { Choice } from './build-all.ts';
import { buildAll } from './build-all.ts';
import { describeCalls } from './call-figures.ts';
import type {
  CallFigures,
  CallMeasurement,
  CallResult,
  CallSettings,
  OtherDistance,
} from './call-measurement.ts';
import { callsVersion } from './call-measurement.ts';
import type { CallCandidate } from './call-rounds.ts';
import { beginCandidate, limitMs, runRounds, throwIfStopped } from './call-rounds.ts';
import type { OnProgress } from './course.ts';
import { settleFiles } from './files.ts';
import type { JumpRun } from './jump-distances.ts';
import { describeJumps, runJumps } from './jump-distances.ts';
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
  /** Path of what times jumps by distance; absent: they are not timed. */
  readonly jumps?: string;
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
  { subject, staticLink, jumps }: CallRequest,
  { choices, stop, ...settings }: CallLabSettings,
  onProgress: OnProgress,
): Promise<CallMeasurement> {
  const date = new Date().toISOString();
  const directory = makeTemporaryFolder('calls');
  try {
    const built = await buildUnderEach(
      subject,
      placedChoices(choices, settings),
      directory,
      stop,
      onProgress,
    );
    const linked = beginCandidate('static link', probeCommand(staticLink, staticLink, {}, settings));
    const entries = built.map((own) => entryOf(own, subject.program.invocation, settings));
    const candidates = entries.flatMap(({ candidate }) => candidate ?? []);
    const jumpRuns: JumpRun[] = [];
    const beside = async (): Promise<void> => {
      if (jumps !== undefined) jumpRuns.push(await runJumps(jumps, limitMs));
    };
    const rounds = { rounds: settings.rounds, beside, stop };
    await withPlaces(imagesOf(built.map((each) => each.built)), () =>
      runRounds(linked, candidates, rounds, onProgress),
    );
    const head = {
      format: 'linkonce-calls',
      version: callsVersion,
      date,
      machine: readMachine(),
      settings,
    } as const;
    const timed = jumpRuns.length > 0 && { jumps: describeJumps(jumpRuns) };
    return { ...head, ...describeAll(linked, entries, settings), ...timed };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** As modules usually are, and right behind it for the other distance, where that can be. */
function placedChoices(
  choices: readonly Choice[],
  { bothDistances = false }: CallSettings,
): readonly Choice[] {
  return choices.flatMap((choice) =>
    bothDistances && typeof distanceOf(choice).other === 'object'
      ? [choice, { ...choice, isOtherDistance: true }]
      : [choice],
  );
}

function distanceOf({ system, variant }: Choice): CallDistance {
  return callDistanceOf(variantOf(system, variant));
}

/** A system and variant; the candidate is there where it has an image. */
interface Entry {
  readonly choice: Choice;
  readonly built: CompareSubject;
  readonly candidate?: CallCandidate | undefined;
}

function entryOf({ choice, built }: Built, invocation: string, settings: CallSettings): Entry {
  if (!('image' in built)) return { choice, built };
  const { file, environment } = built.image;
  const command = probeCommand(file, invocation, environment, settings);
  return { choice, built, candidate: beginCandidate(nameOf(built), command) };
}

type Built = Pick<Entry, 'choice' | 'built'>;

async function buildUnderEach(
  subject: Subject,
  choices: readonly Choice[],
  directory: string,
  stop: AbortSignal | undefined,
  onProgress: OnProgress,
): Promise<readonly Built[]> {
  const all: Built[] = [];
  for (const [done, choice] of choices.entries()) {
    throwIfStopped(stop);
    const part = { done, of: choices.length };
    onProgress(`building the probe under ${choice.system.id} ${choice.variant}`, part);
    const [built] = await buildAll(choice, [subject], directory);
    all.push({ choice, built: present(built, 'outcome of a bind') });
  }
  for (const { built } of all) if ('image' in built) settleFiles(built.image.files);
  return all;
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
  { bothDistances = false }: CallSettings,
): Pick<CallMeasurement, 'staticLink' | 'results'> {
  const baseLine = baseLineRuns(entries);
  const compare = ({ runs }: CallCandidate): CallFigures =>
    describeCalls({ runs, staticLink: linked.runs, baseLine });
  const results = entries.flatMap((entry, index): CallResult[] => {
    if (entry.choice.isOtherDistance) return [];
    const next = entries[index + 1];
    const other = next?.choice.isOtherDistance ? next : undefined;
    return [describeResult(entry, { other, bothDistances, compare })];
  });
  return { staticLink: compare(linked), results };
}

/** Without these there is nothing to compare with. */
function baseLineRuns(entries: readonly Entry[]): CallCandidate['runs'] {
  const candidate = entries.find(({ built }) => isBaseLine(built))?.candidate;
  if (candidate === undefined) throw new Error('the base line is not among the choices');
  const { name, runs, failure } = candidate;
  if (failure !== undefined) throw new LinkonceError(`${name}: ${failure}`);
  return runs;
}

interface Comparison {
  /** Of the other distance, where there is one. */
  readonly other: Entry | undefined;
  readonly bothDistances: boolean;
  readonly compare: (candidate: CallCandidate) => CallFigures;
}

function describeResult(
  { choice, built, candidate }: Entry,
  { other, bothDistances, compare }: Comparison,
): CallResult {
  const { system, variant } = built;
  const found = describeOne({ built, candidate }, compare);
  if (found.status !== 'measured') return { system, variant, ...found };
  const { usual: distance, other: whyNot } = distanceOf(choice);
  if (other) return { system, variant, ...found, distance, other: describeOne(other, compare) };
  const isAsked = bothDistances && typeof whyNot === 'string';
  const none = isAsked && { other: { status: 'refused' as const, reason: whyNot } };
  return { system, variant, ...found, distance, ...none };
}

function describeOne(
  { built, candidate }: Omit<Entry, 'choice'>,
  compare: (candidate: CallCandidate) => CallFigures,
): OtherDistance {
  if (!('image' in built)) return { status: built.status, reason: built.reason };
  const { failure } = present(candidate, 'candidate of an image');
  if (failure !== undefined) return { status: 'failed', reason: failure };
  return { status: 'measured', figures: compare(present(candidate, 'candidate of an image')) };
}
