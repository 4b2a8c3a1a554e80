/**
 * The contract of every system: a program of it behaves as under the platform's linker. Each test program runs under
 * each system and variant, by a launcher, and under some of them in interpreter mode (`interpreter-forms.ts`); the judge
 * is the same program started the ordinary way, in the same environment.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import type { Subject } from '../../src/bind/subject.ts';
import { bindSubject, openProgram, type BindSettings, type SystemChoice } from '../../src/pipeline.ts';
import { withPlaces } from '../../src/pagein/with-places.ts';
import { systems } from '../../src/systems/registry.ts';
import { Refusal } from '../../src/util/errors.ts';
import { buildPrograms, environment, missing, programs, type TestProgram } from '../programs/build.ts';
import { reasonToHandOver } from './workplace.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { casesOf } from '../extent.ts';
import { stockRun } from '../stock-run.ts';
import { isTestedAsInterpreter } from './interpreter-forms.ts';
import { differenceByDesign, refusalOfForm, refusalOfProgram } from './refusals.ts';
import { variantOf } from '../../src/systems/build-variant.ts';

interface Form extends SystemChoice {
  readonly asInterpreter: boolean;
}

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-contract-'));

/**
 * Tests the forms that a test file chooses: files run side by side, so that the contract is in several. `changesCalls`: whether
 * modules call each other in another way than they were compiled for.
 */
export function testContract(isMine: (form: Form & { readonly changesCalls: boolean }) => boolean): void {
  beforeAll(() => buildPrograms());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  for (const form of forms.filter((each) => isMine({ ...each, changesCalls: changesCalls(each) })))
    describe(nameOf(form), () => {
      const refusal = refusalOfForm(nameOf(form));
      if (refusal === undefined) testPrograms(form);
      else test('is refused', () => expectRefusal(form, refusal));
    });
}

const forms: readonly Form[] = systems.flatMap((system) =>
  system.variants.flatMap(({ id }) => {
    const modes = isTestedAsInterpreter(`${system.id}:${id}`) ? [false, true] : [false];
    return modes.map((asInterpreter) => ({ system, variant: id, asInterpreter }));
  }),
);

function changesCalls({ system, variant }: Form): boolean {
  return variantOf(system, variant).arrangement?.calls !== undefined;
}

async function expectRefusal(form: Form, words: RegExp): Promise<void> {
  const answer = await bindOnce(form, programs[0]!);
  expect(answer).toBeInstanceOf(Refusal);
  expect((answer as Refusal).message).toMatch(words);
}

function testPrograms(form: Form): void {
  for (const program of casesOf(programs, 6))
    test(program.title, async ({ skip }) => {
      const image = await bindOnce(form, program);
      if (image instanceof Refusal) return refuse(image, form, program, skip);
      const reason = reasonToHandOver(image, form);
      if (reason !== undefined) skip(reason);
      const design = differenceByDesign(form, program.name);
      if (design !== undefined) skip(design);
      await compare(program, image);
    });
  for (const { name, reason } of missing) test(name, ({ skip }) => skip(reason));
}

function nameOf({ system, variant, asInterpreter }: Form): string {
  return `${system.id}:${variant}${asInterpreter ? ' as interpreter' : ''}`;
}

/** A refusal is right where it is known and says why; any other one is a regression. */
function refuse(
  refusal: Refusal,
  { system }: Form,
  program: TestProgram,
  skip: (reason: string) => never,
): void {
  const expected = refusalOfProgram(system.id, program.name);
  expect(expected, `unexpected refusal: ${refusal.message}`).toBeDefined();
  expect(refusal.message).toMatch(expected!);
  skip(`${system.id} refuses it: ${refusal.message}`);
}

async function compare(program: TestProgram, image: Image): Promise<void> {
  // A launcher that hands over says so, and that is no part of the program's own output.
  const env = { ...environment, ...image.environment, LINKONCE_DEBUG: '1' };
  const settings = { env, input: program.input };
  const stock = await stockRun(program.path, program.args, settings);
  const own = await withPlaces([image], () => runProgram(image.file, program.args, settings));
  expect(asOriginal(own, program, image)).toEqual(stock);
}

/** In interpreter mode the program is a copy, and sees its path; a launcher's must never show. */
function asOriginal(outcome: Outcome, program: TestProgram, image: Image): Outcome {
  if (!image.file.includes(interpreterFolder)) return outcome;
  const original = (text: string): string => text.replaceAll(image.file, program.path);
  return { ...outcome, stdout: original(outcome.stdout), stderr: original(outcome.stderr) };
}

const interpreterFolder = '/as-interpreter/';
const bound = new Map<string, Promise<Image | Refusal>>();
/** Captured once for all forms. */
const subjects = new Map<string, Subject>();

/** The image of a program, made for its first invocation, in a file of the program's name. */
function bindOnce(form: Form, { name, path: file }: TestProgram): Promise<Image | Refusal> {
  const mode = form.asInterpreter ? interpreterFolder : '/launcher/';
  const output = path.join(folder, form.system.id, form.variant, mode, name);
  const known = bound.get(output) ?? bind(file, { ...form, output });
  bound.set(output, known);
  return known;
}

async function bind(file: string, settings: BindSettings): Promise<Image | Refusal> {
  mkdirSync(path.dirname(settings.output), { recursive: true });
  try {
    const subject = subjects.get(file) ?? openProgram(file, () => undefined);
    subjects.set(file, subject);
    return await bindSubject(subject, settings);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
