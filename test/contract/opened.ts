/** Programs that open modules, bound with those modules: for the tests that judge what is prepared. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Image } from '../../src/image/image.ts';
import { bindSubject } from '../../src/pipeline.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { testSubject, type TestSubject } from '../bind/subjects.ts';

/** A module that a program opened, as it saw it in /proc/self/maps. */
export interface Seen {
  readonly name: string;
  /** Mappings of its writable segments: of its own file, and of another. */
  readonly own: number;
  readonly other: number;
}

/** A program that shall be bound with these plug-ins, and with all that they need. */
export function openingSubject(file: string, plugins: readonly string[]): TestSubject {
  const linker = loadProgram(file).interpreter.path;
  return testSubject(file, [...new Set(plugins.flatMap((each) => [each, ...neededBy(linker, each)]))]);
}

/** As the linker itself lists it. */
function neededBy(linker: string, plugin: string): string[] {
  const listing = execFileSync(linker, ['--list', plugin], { encoding: 'utf8' });
  return [...listing.matchAll(/=> (\/\S+) \(0x/g)].map(([, file = '']) => file);
}

/** `form`: SYSTEM:VARIANT. */
export function bindForm(subject: TestSubject, form: string, output: string): Promise<Image> {
  const [id = '', variant = ''] = form.split(':');
  const system = findSystem(id);
  if (system === undefined) throw new Error(`there is no system ${id}`);
  return bindSubject(subject, { system, variant, output });
}

/** What programs told of their modules in the file that MODULES_SEEN names; it is removed. */
export function takeSeen(file: string): readonly Seen[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  rmSync(file);
  return lines.map((line) => {
    const [name = '', own, other] = line.split(' ');
    return { name: path.basename(name, '.so'), own: Number(own), other: Number(other) };
  });
}
