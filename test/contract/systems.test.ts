/**
 * The contract of every system: a program of it behaves as under the platform's linker. Each test program runs under
 * each system and variant; the judge is the same program started the ordinary way, in the same environment.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { bindProgram } from '../../src/pipeline.ts';
import { systems } from '../../src/systems/registry.ts';
import type { System } from '../../src/systems/system.ts';
import { Refusal } from '../../src/util/errors.ts';
import { buildPrograms, environment, missing, programs, type TestProgram } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { expectedRefusal } from './refusals.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-contract-'));

beforeAll(() => buildPrograms());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const system of systems)
  for (const { id: variant } of system.variants)
    describe(`${system.id}:${variant}`, () => {
      for (const program of programs)
        test(program.title, async ({ skip }) => {
          const image = await bindOnce(system, variant, program);
          if (image instanceof Refusal) return refuse(image, system, program, skip);
          await compare(program, image);
        });
      for (const { name, reason } of missing) test(name, ({ skip }) => skip(reason));
    });

/** A refusal is right where it is known and says why; any other one is a regression. */
function refuse(
  refusal: Refusal,
  system: System,
  program: TestProgram,
  skip: (reason: string) => never,
): void {
  const expected = expectedRefusal(system, program);
  expect(expected, `unexpected refusal: ${refusal.message}`).toBeDefined();
  expect(refusal.message).toMatch(expected!);
  skip(`${system.id} refuses it: ${refusal.message}`);
}

async function compare(program: TestProgram, image: Image): Promise<void> {
  // A launcher that hands over says so, and that is no part of the program's own output.
  const env = { ...environment, ...image.environment, LINKONCE_DEBUG: '1' };
  const settings = { env, input: program.input };
  const stock = await runProgram(program.path, program.args, settings);
  expect(await runProgram(image.file, program.args, settings)).toEqual(stock);
}

const bound = new Map<string, Promise<Image | Refusal>>();

/** The image of a program, made for its first invocation. */
function bindOnce(
  system: System,
  variant: string,
  { name, path: file }: TestProgram,
): Promise<Image | Refusal> {
  const output = path.join(folder, `${name}.${system.id}.${variant}`);
  const known = bound.get(output) ?? bind(file, system, variant, output);
  bound.set(output, known);
  return known;
}

async function bind(file: string, system: System, variant: string, output: string): Promise<Image | Refusal> {
  try {
    return await bindProgram(file, { system, variant, output, asInterpreter: false }, () => undefined);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
