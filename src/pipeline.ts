/** The way of the data as code: each command's steps in their order (ARCHITECTURE.md). */
import type { Image } from './image/image.ts';
import type { Measurement, Settings } from './measure/measurement.ts';
import type { Module } from './program/program.ts';
import type { Explained } from './provenance/explained.ts';
import type { Subject, System } from './systems/system.ts';
import { captureProgram } from './capture/capture-program.ts';
import { measureImages } from './measure/measure-images.ts';
import { loadProgram } from './program/load-program.ts';
import { explainCaptures } from './provenance/explain-captures.ts';

/** Called when a step begins; the text names it for a person: `capturing, 2 of 3`. */
export type OnProgress = (step: string) => void;

export interface BindSettings {
  readonly system: System;
  readonly variant: string;
  /** Path of the launcher. */
  readonly output: string;
  readonly asInterpreter: boolean;
}

/** An image and the modules that it was made of. */
export interface BoundImage extends Image {
  readonly modules: readonly Module[];
}

export interface CompareSettings {
  readonly choices: readonly { readonly system: System; readonly variant: string }[];
  readonly runs: number;
  readonly processes: number;
  readonly moment: Settings['moment'];
}

/** Writes a launcher for one program. */
export async function bindProgram(
  path: string,
  settings: BindSettings,
  onProgress: OnProgress,
): Promise<BoundImage> {
  const subject = await readSubject(path, onProgress);
  onProgress('writing the image');
  const image = await settings.system.build(subject, settings);
  return { ...image, modules: subject.program.modules };
}

/** Builds a program under each chosen system and measures them side by side. */
export async function comparePrograms(
  path: string,
  args: readonly string[],
  settings: CompareSettings,
  onProgress: OnProgress,
): Promise<Measurement> {
  const subject = await readSubject(path, onProgress);
  return measureImages(subject, args, settings, onProgress);
}

/** Captures a program and says of every word that its linker wrote what it is made of. */
export async function explainProgram(path: string, onProgress: OnProgress): Promise<Explained> {
  const subject = await readSubject(path, onProgress);
  return subject.explained();
}

/** A program whose captures are made when first asked for, and once. */
async function readSubject(path: string, onProgress: OnProgress): Promise<Subject> {
  onProgress('reading the modules');
  const program = await loadProgram(path);
  let explained: Promise<Explained> | undefined;
  const explain = async (): Promise<Explained> => {
    const captures = await captureProgram(program, onProgress);
    onProgress('explaining every word');
    return explainCaptures(captures);
  };
  return { program, explained: () => (explained ??= explain()) };
}
