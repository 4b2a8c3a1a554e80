/** The way of the data as code: each command's steps in their order (ARCHITECTURE.md). */
import { captureProgram } from './capture/capture-program.ts';
import { movableModules } from './collection/place-programs.ts';
import { earlierFiles, removeEarlier } from './image/earlier-files.ts';
import type { Image } from './image/image.ts';
import type { CallMeasurement, CallSettings } from './measure/call-measurement.ts';
import { measureCalls } from './measure/measure-calls.ts';
import { measureSystems } from './measure/measure-systems.ts';
import type { Measurement } from './measure/measurement.ts';
import type { RunSettings } from './measure/subject.ts';
import { loadProgram } from './program/load-program.ts';
import type { Module } from './program/program.ts';
import { explainCaptures } from './provenance/explain-captures.ts';
import type { Explained } from './provenance/explained.ts';
import type { Subject } from './collection/subject.ts';
import { buildProbe } from './synthetic/build-probe.ts';
import type { System } from './systems/system.ts';
import type { Address } from './util/units.ts';

/** Called when a step begins; the text names it for a person. */
export type OnProgress = (step: string) => void;

interface ProgramSubject extends Subject {
  explained(order?: readonly string[]): Promise<Explained>;
}

const silent: OnProgress = () => undefined;

/** A system and one of its variants. */
export interface SystemChoice {
  readonly system: System;
  readonly variant: string;
  /** Bits of the space for module addresses; absent: as many as a system likes. */
  readonly window?: number | undefined;
  /** Where the system has its tables; absent: where it likes. */
  readonly base?: Address | undefined;
}

/** What is bound how. */
export interface BindSettings extends SystemChoice {
  /** Path of the launcher. */
  readonly output: string;
  /** A copy of the program whose PT_INTERP is the loader, in place of a launcher; absent: no. */
  readonly asInterpreter?: boolean;
}

/** An image and the modules that it was made of. */
export interface BoundImage extends Image {
  readonly modules: readonly Module[];
}

/** A program to compare the systems on. */
export interface CompareRequest {
  /** Its name in PATH, or its path. */
  readonly name: string;
  readonly args: readonly string[];
  /** Alive at once when memory is looked at. */
  readonly processes: number;
}

/** How programs are compared, and under what. */
export interface CompareSettings extends RunSettings {
  readonly choices: readonly SystemChoice[];
}

/** How calls are timed, and under what. */
export interface CallLabSettings extends CallSettings {
  readonly choices: readonly SystemChoice[];
}

/**
 * Writes a launcher for one program, by its name in PATH or its path. Throws Refusal where the system cannot serve it, and
 * LinkonceError where it cannot be read, captured or written.
 */
export async function bindProgram(
  name: string,
  settings: BindSettings,
  onProgress: OnProgress = silent,
): Promise<BoundImage> {
  return bindSubject(openProgram(name, onProgress), settings);
}

/** The same for a program that is bound several times: its captures are made once. */
export async function bindSubject(subject: Subject, settings: BindSettings): Promise<BoundImage> {
  const { system, output } = settings;
  const folder = `${output}.files`;
  const earlier = earlierFiles(`${output}.image`, folder);
  const [outcome] = await system.build([subject], {
    asInterpreter: false,
    ...settings,
    outputs: [output],
    folder,
  });
  if (!outcome) throw new Error('no outcome');
  if ('failure' in outcome) throw outcome.failure;
  // A bind that wrote nothing leaves the earlier launcher in place, too.
  if (outcome.image.files.length > 0) removeEarlier(earlier, outcome.image.files, folder);
  return { ...outcome.image, modules: subject.program.modules };
}

/**
 * Builds programs under each chosen system and measures them side by side, interleaved. What a system refuses, or fails at, is a
 * result like any other. Throws LinkonceError where a program itself cannot be read or executed.
 */
export async function comparePrograms(
  requests: readonly CompareRequest[],
  settings: CompareSettings,
  onProgress: OnProgress = silent,
): Promise<Measurement> {
  const subjects = new Map<string, Subject>();
  const programs = requests.map(({ name, args, processes }) => {
    const read = openProgram(name, onProgress);
    const { invocation } = read.program;
    const subject = subjects.get(invocation) ?? read;
    subjects.set(invocation, subject);
    return { subject, arguments: args, processes };
  });
  return measureSystems(programs, settings, onProgress);
}

/**
 * Times calls between modules under each chosen system, and in a static link. The base line is among the choices. Throws
 * LinkonceError where there is no working C compiler.
 */
export async function compareCalls(
  settings: CallLabSettings,
  onProgress: OnProgress = silent,
): Promise<CallMeasurement> {
  onProgress('compiling the probe');
  const { modular, linked } = await buildProbe();
  return measureCalls(
    { subject: openProgram(modular, onProgress), staticLink: linked },
    settings,
    onProgress,
  );
}

/**
 * Captures a program and says of every word that its linker wrote what it is made of. Throws LinkonceError where it cannot be
 * captured, or has a word that cannot be explained.
 */
export async function explainProgram(name: string, onProgress: OnProgress = silent): Promise<Explained> {
  return openProgram(name, onProgress).explained();
}

/** A program whose captures are made when first asked for, once for each order of its modules. */
export function openProgram(name: string, onProgress: OnProgress): ProgramSubject {
  onProgress('reading the modules');
  const program = loadProgram(name);
  const usual = movableModules(program).map(({ path }) => path);
  const known = new Map<string, Promise<Explained>>();
  const explain = (order: readonly string[]): Explained => {
    const rank = new Map(order.map((path, index) => [path, index]));
    const modules = [...program.modules].sort((a, b) => (rank.get(a.path) ?? 0) - (rank.get(b.path) ?? 0));
    const captures = captureProgram(program, onProgress, modules);
    onProgress('explaining every word');
    return explainCaptures(captures);
  };
  const explained = (order?: readonly string[]): Promise<Explained> => {
    const [first] = known.values();
    if (order === undefined && first) return first;
    const key = (order ?? usual).join('\0');
    const value = known.get(key) ?? Promise.resolve().then(() => explain(order ?? usual));
    known.set(key, value);
    return value;
  };
  return { program, explained };
}
