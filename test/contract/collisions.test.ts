/**
 * What each system promises where ranges collide: at bind, in a window that is too small, and at start-up, when something
 * else is where a module goes.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readPlan } from '../../src/image/verify-image.ts';
import type { Image } from '../../src/image/image.ts';
import type { Outcome } from '../../src/util/outcome.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { Refusal } from '../../src/util/errors.ts';
import { linkonce } from '../cli/linkonce.ts';
import { testSubject } from '../bind/subjects.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runInShell, runProgram } from '../run-program.ts';
import { hasTrailer, occupyModule, occupyPlan } from './tampering.ts';
import type { Workplace } from './workplace.ts';
import { createWorkplace, expectHandOver } from './workplace.ts';
import { moduleRows } from '../image/module-rows.ts';
import { buildVariant, variantOf } from '../../src/systems/build-variant.ts';

const debugging = { ...environment, LINKONCE_DEBUG: '1' };
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-window-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** With libstdc++ and libc, either of which fits into 4 MiB, and both do not. */
const subject = testSubject(testProgram('iostream').path);
const program = subject.program.invocation;
const tooSmall = 22;
const largeEnough = 24;

async function build(form: string, window: number): Promise<Outcome<Image>> {
  const [id = '', variant = ''] = form.split(':');
  const output = path.join(folder, `${form}.${String(window)}`);
  const request = { outputs: [output], folder: `${output}.files`, asInterpreter: false, window };
  const [outcome] = await buildVariant(variantOf(findSystem(id)!, variant), [subject], request);
  return outcome!;
}

const collision = /\/\S+ wants 0x[0-9a-f]+-0x[0-9a-f]+, where \/\S+ is$/;

describe('a window that is too small', () => {
  const refusing = ['image:partitions', 'image:single', 'image:merged', 'install:files'];
  test.each(refusing)('%s refuses', async (form) => {
    const outcome = await build(form, tooSmall);
    expect(outcome).toMatchObject({ failure: expect.any(Refusal) as unknown });
    if ('failure' in outcome)
      expect(outcome.failure.message).toMatch(/^\/\S+: \/\S+ finds no range in a window of 22 bits$/);
    expect(existsSync(path.join(folder, `${form}.22.files`))).toBe(false);
  });

  test('fixed: an error, which is no refusal, with module, range and holder', async () => {
    const outcome = await build('fixed:files', tooSmall);
    if (!('failure' in outcome)) throw new Error('it was built');
    expect(outcome.failure).not.toBeInstanceOf(Refusal);
    expect(outcome.failure.message).toMatch(collision);
  });

  test.each([tooSmall, 20])('prelink: the platform’s linker runs the program, in %i bits', async (window) => {
    const outcome = await build('prelink:files', window);
    if (!('value' in outcome)) throw outcome.failure;
    expect(outcome.value).toMatchObject({ file: program, environment: {}, files: [] });
    const [note = ''] = outcome.value.notes;
    expect(note).toMatch(/^relocated at each start by the platform's linker: /);
    expect(note).toMatch(window === tooSmall ? collision : /finds no range in a window of 20 bits$/);
    expect(await runProgram(outcome.value.file, [])).toEqual(await runProgram(program, []));
  });
});

describe('a window that is large enough', () => {
  test.each(['image:single', 'image:merged', 'image:partitions', 'install:files', 'prelink:files'])(
    '%s: all modules lie in it, and the program runs',
    async (form) => {
      const outcome = await build(form, largeEnough);
      if (!('value' in outcome)) throw outcome.failure;
      const rows = moduleRows(readPlan(`${outcome.value.file}.image`));
      const starts = rows.map(({ address }) => Number(address));
      const ends = rows.map(({ address, length }) => Number(address) + Number(length));
      expect(Math.max(...ends) - Math.min(...starts)).toBeLessThanOrEqual(2 ** largeEnough);
      const own = await runProgram(outcome.value.file, [], { env: debugging });
      expect(own).toEqual(await runProgram(program, [], { env: debugging }));
    },
  );
});

describe('the command line', () => {
  test('bind says in one line which module does not fit', async () => {
    const args = ['bind', '--system', 'fixed', '--window', '22', '-o', path.join(folder, 'none'), program];
    const outcome = await linkonce(args);
    expect(outcome).toMatchObject({ stdout: '', status: 1 });
    expect(outcome.stderr).toMatch(/^linkonce: [^\n]+ wants [^\n]+\n$/);
  });

  test('compare shows the refusal and the failure as results', async () => {
    const systems = 'got-plt,install,fixed';
    const outcome = await linkonce([
      ...['compare', '--window', '22', '--runs', '1', '--processes', '1', '--systems', systems],
      program,
    ]);
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).toMatch(/install[^\n]*refused[^]*finds no range in a window of 22 bits/);
    expect(outcome.stdout).toMatch(/fixed[^\n]*failed[^]* wants 0x/);
  });
});

const usual = 'library from second\n';
const ways = [
  ['launcher', false, 'search-path'],
  ['interpreter', true, 'search-path'],
] as const;
const forms = ['fixed:files', 'install:files', 'prelink:files', 'image:partitions'];

describe.each(ways)('at start-up, as %s', (_, asInterpreter, name) => {
  describe.each(forms)('%s', (form) => {
    let place: Workplace;
    beforeEach(async () => void (place = await createWorkplace({ asInterpreter, name, form })));
    afterEach(() => place.remove());

    const loader = (): string => [place.launcher, ...place.files].find(hasTrailer)!;
    const image = (): string => `${place.launcher}.image`;
    const start = (env: Readonly<Record<string, string>>) =>
      runInShell('exec setarch -R "$0"', place.launcher, [], { env });
    const one = '[^\\n]*';
    const words = `^linkonce: ${one}: /${one} wants 0x[0-9a-f]+-0x[0-9a-f]+, where \\[stack\\] is\\n`;

    test('the range of a module is taken', async ({ skip }) => {
      if ((await start(debugging)).stderr.includes('not permitted')) skip('setarch -R is not permitted here');
      occupyModule(loader(), image());
      if (form === 'fixed:files') {
        for (const env of [environment, debugging])
          expect(await start(env)).toEqual({
            stdout: '',
            stderr: expect.stringMatching(new RegExp(`${words}$`)) as unknown,
            status: 127,
            signal: null,
          });
      } else {
        const outcome = await start(debugging);
        expectHandOver(outcome, usual);
        expect(outcome.stderr).toMatch(new RegExp(words, 'm'));
        expect(await start(environment)).toEqual({ stdout: usual, stderr: '', status: 0, signal: null });
      }
    });

    test('the range of the plan is taken', async ({ skip }) => {
      if ((await start(debugging)).stderr.includes('not permitted')) skip('setarch -R is not permitted here');
      occupyPlan(loader());
      if (form !== 'fixed:files') return expectHandOver(await start(debugging), usual);
      expect(await start(environment)).toEqual({
        stdout: '',
        stderr: `linkonce: ${place.program}: cannot be started: the range of its image is taken\n`,
        status: 127,
        signal: null,
      });
    });
  });
});
