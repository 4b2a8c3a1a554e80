/** Builds a program under each chosen system, in a directory that is removed afterwards, and measures the images. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Image } from '../image/image.ts';
import type { Subject } from '../collection/subject.ts';
import type { System } from '../systems/system.ts';
import { LinkonceError, Refusal } from '../util/errors.ts';
import type { OnProgress } from './compare.ts';
import { compareImages } from './compare.ts';
import type { Measurement } from './measurement.ts';
import type { CompareSettings, CompareSubject } from './subject.ts';

/** A system and one of its variants. */
export interface Choice {
  readonly system: System;
  readonly variant: string;
}

export interface MeasureSettings extends Omit<CompareSettings, 'timed'> {
  readonly choices: readonly Choice[];
  /** Absent: timed, unless the moment is a number of seconds, as for programs that do not end by themselves. */
  readonly timed?: boolean;
}

/**
 * Measures a program with the given arguments under each choice, in their order. A system that refuses the program, or
 * fails at it, is a result like any other. Throws LinkonceError where the program itself cannot be executed.
 */
export async function measureSystems(
  subject: Subject,
  args: readonly string[],
  settings: MeasureSettings,
  onProgress: OnProgress,
): Promise<Measurement> {
  const directory = await mkdtemp(path.join(tmpdir(), 'linkonce-compare-'));
  try {
    const subjects: CompareSubject[] = [];
    for (const choice of settings.choices) {
      onProgress(`building ${choice.system.id} ${choice.variant}`);
      subjects.push(await build(subject, choice, directory));
    }
    const { invocation, modules } = subject.program;
    const program = { path: invocation, arguments: args, modules: modules.length };
    const timed = settings.timed ?? typeof settings.moment !== 'number';
    return await compareImages(program, subjects, { ...settings, timed }, onProgress);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function build(subject: Subject, choice: Choice, directory: string): Promise<CompareSubject> {
  const { system, variant } = choice;
  const head = { system: system.id, variant };
  const output = path.join(directory, `${path.basename(subject.program.invocation)}.${system.id}.${variant}`);
  const clock = clockBuild(subject);
  try {
    const request = { variant, outputs: [output], folder: `${output}.files`, asInterpreter: false };
    const [outcome] = await system.build([clock.subject], request);
    if (!outcome || 'failure' in outcome) throw outcome?.failure ?? new Error('no outcome');
    const { image } = outcome;
    return { ...head, image, bindMs: bindTime(image, clock.elapsedMs()) };
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    return { ...head, status: error instanceof Refusal ? 'refused' : 'failed', reason: error.message };
  }
}

/** The platform's own linker writes nothing and has no bind. */
function bindTime(image: Image, elapsedMs: number): number {
  return image.files.length === 0 ? 0 : elapsedMs;
}

/** How long the captures of a subject took, ms; they are made once, whoever asks first. */
const captureTimes = new WeakMap<Subject, number>();

/**
 * Times a build as if it were the only one: a system that uses the captures is charged for them, though another one had
 * them made.
 */
function clockBuild(subject: Subject): { subject: Subject; elapsedMs: () => number } {
  const begun = performance.now();
  let waitedMs = 0;
  let chargedMs = 0;
  const explained: Subject['explained'] = async (order) => {
    const asked = performance.now();
    const value = await subject.explained(order);
    waitedMs += performance.now() - asked;
    if (!captureTimes.has(subject)) captureTimes.set(subject, waitedMs);
    chargedMs = captureTimes.get(subject) ?? 0;
    return value;
  };
  const elapsedMs = (): number => performance.now() - begun - waitedMs + chargedMs;
  return { subject: { ...subject, explained }, elapsedMs };
}
