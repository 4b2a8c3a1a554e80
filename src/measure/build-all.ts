/** Builds programs under one system, for the measurement. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Subject } from '../bind/subject.ts';
import { buildVariant, variantOf } from '../systems/build-variant.ts';
import { callDistanceOf } from '../systems/shared/call-distances.ts';
import type { System } from '../systems/system.ts';
import { Refusal } from '../util/errors.ts';
import { at } from '../util/present.ts';
import type { CompareSubject } from './subject.ts';

/** A system and one of its variants. */
export interface Choice {
  readonly system: System;
  readonly variant: string;
  /** Bits of the space for module addresses. */
  readonly window?: number | undefined;
  /** Whether modules are arranged so that calls have the distance that is not usual under the variant; absent: no. */
  readonly isOtherDistance?: boolean;
}

/**
 * Builds all programs under one choice, together: one outcome each, in their order. What a system refuses, or fails at, is an
 * outcome like any other. Files appear below `directory`.
 */
export async function buildAll(
  { system, variant, window, isOtherDistance = false }: Choice,
  subjects: readonly Subject[],
  directory: string,
): Promise<readonly CompareSubject[]> {
  const chosen = variantOf(system, variant);
  const { other } = callDistanceOf(chosen);
  const changes = isOtherDistance && typeof other === 'object' ? other : undefined;
  const folder = path.join(directory, `${system.id}.${variant}${changes ? '.other' : ''}`);
  const outputs = subjects.map(({ program }, index) => {
    const own = path.join(folder, String(index));
    mkdirSync(own, { recursive: true });
    return path.join(own, path.basename(program.invocation));
  });
  const clocks = subjects.map(clockCaptures);
  const begun = performance.now();
  const outcomes = await buildVariant(
    chosen,
    clocks.map(({ subject }) => subject),
    { outputs, folder: path.join(folder, 'shared'), asInterpreter: false, window, changes },
  );
  const waitedMs = clocks.reduce((sum, clock) => sum + clock.waitedMs(), 0);
  const restMs = (performance.now() - begun - waitedMs) / subjects.length;
  return outcomes.map((outcome, index): CompareSubject => {
    const head = { system: system.id, variant };
    if ('failure' in outcome) {
      const { failure } = outcome;
      return { ...head, status: failure instanceof Refusal ? 'refused' : 'failed', reason: failure.message };
    }
    // The platform's own linker writes nothing and has no bind.
    const image = outcome.value;
    const bindMs = image.files.length === 0 ? 0 : restMs + at(clocks, index).chargedMs();
    return { ...head, image, bindMs };
  });
}

/** How long the captures of a subject took, ms; they are made once, whoever asks first. */
const captureTimes = new WeakMap<Subject, number>();

interface CaptureClock {
  readonly subject: Subject;
  /** How long this build waited for captures, ms. */
  readonly waitedMs: () => number;
  /** What the captures cost, ms, whoever had them made; 0 where this build did not ask for them. */
  readonly chargedMs: () => number;
}

function clockCaptures(subject: Subject): CaptureClock {
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
  return { subject: { ...subject, explained }, waitedMs: () => waitedMs, chargedMs: () => chargedMs };
}
