/** Builds programs under one system, for the measurement. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Image } from '../image/image.ts';
import type { Subject, System } from '../systems/system.ts';
import { LinkonceError, Refusal } from '../util/errors.ts';
import type { CompareSubject } from './subject.ts';

/** A system and one of its variants. */
export interface Choice {
  readonly system: System;
  readonly variant: string;
}

/**
 * Builds all programs under one choice: one outcome each, in their order. What a system refuses, or fails at, is an outcome
 * like any other. Files appear below `directory`.
 */
export async function buildAll(
  choice: Choice,
  subjects: readonly Subject[],
  directory: string,
): Promise<readonly CompareSubject[]> {
  const outcomes: CompareSubject[] = [];
  for (const [index, subject] of subjects.entries()) {
    const folder = path.join(directory, `${choice.system.id}.${choice.variant}`, String(index));
    mkdirSync(folder, { recursive: true });
    outcomes.push(await build(subject, choice, path.join(folder, path.basename(subject.program.invocation))));
  }
  return outcomes;
}

async function build(subject: Subject, { system, variant }: Choice, output: string): Promise<CompareSubject> {
  const head = { system: system.id, variant };
  const clock = clockBuild(subject);
  try {
    const image = await system.build(clock.subject, { variant, output, asInterpreter: false });
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
  const explained: Subject['explained'] = async () => {
    const asked = performance.now();
    const value = await subject.explained();
    waitedMs += performance.now() - asked;
    if (!captureTimes.has(subject)) captureTimes.set(subject, waitedMs);
    chargedMs = captureTimes.get(subject) ?? 0;
    return value;
  };
  const elapsedMs = (): number => performance.now() - begun - waitedMs + chargedMs;
  return { subject: { ...subject, explained }, elapsedMs };
}
