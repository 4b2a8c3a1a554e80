/** Programs that are bound together and do not fit into one window: none takes the room of another that fits alone. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { buildVariant, variantOf } from '../../src/systems/build-variant.ts';
import { Refusal } from '../../src/util/errors.ts';
import type { Outcome } from '../../src/util/outcome.ts';
import { linkonce } from '../cli/linkonce.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { Binder, choiceOf } from '../systems/bound-set.ts';
import { compile } from '../systems/compile.ts';
import { testSubject } from './subjects.ts';

const binder = new Binder();
afterAll(() => binder.remove());

/** The first is larger than every window here; of the others, three fit beside libc and the linker. */
const kilobytes = { large: 9000, a: 600, b: 600, c: 600, d: 600 };
let programs: readonly string[];
beforeAll(() => {
  programs = Object.entries(kilobytes).map(([name, size]) =>
    compile(path.join(binder.folder, 'programs'), {
      name,
      source: `
        #include <stdio.h>
        const char constants[${String(size)} << 10] = {1};
        int main(int count, char **words) { printf("${name} %d\\n", constants[count] + 1); return 0; }`,
    }),
  );
});

/** With bits of the window. */
const forms = [
  ['offset-table:literal', 23],
  ['offset-table:mask', 23],
  ['install:files', 22],
  ['image:data', 22],
] as const;

describe.each(forms)('%s, in %i bits', (form, window) => {
  let outcomes: readonly Outcome<Image>[];
  beforeAll(async () => {
    const { system, variant } = choiceOf(form);
    const folder = path.join(binder.folder, form);
    mkdirSync(folder);
    const outputs = programs.map((file) => path.join(folder, path.basename(file)));
    const request = { outputs, folder: path.join(folder, 'files'), asInterpreter: false, window };
    const subjects = programs.map((file) => testSubject(file));
    outcomes = await buildVariant(variantOf(system, variant), subjects, request);
  });

  test('what is too large alone is refused, with the reason', () => {
    expect(outcomes[0]).toMatchObject({ failure: expect.any(Refusal) as unknown });
    expect(outcomes[0]).toMatchObject({
      failure: { message: expect.stringMatching(/finds no range in a window of 2[23] bits$/) as unknown },
    });
  });

  test('the others run', async () => {
    for (const [index, file] of programs.entries()) {
      if (index === 0) continue;
      const outcome = outcomes[index]!;
      if ('failure' in outcome) throw outcome.failure;
      const own = await runProgram(outcome.value.file, [], { env: { ...environment, LINKONCE_DEBUG: '1' } });
      const stdout = `${path.basename(file)} 1\n`;
      expect(own).toEqual({ stdout, stderr: '', status: 0, signal: null });
    }
  });

  test('programs of one collection share its files', () => {
    const shared = outcomes.flatMap((each) =>
      'value' in each
        ? [each.value.files.filter((file) => path.dirname(file).endsWith('/files')).join()]
        : [],
    );
    // Three and one, or two and two.
    expect(new Set(shared).size).toBe(2);
  });
});

test('compare measures each program that fits, and says of the other why not', async () => {
  const systems = 'got-plt,offset-table:literal';
  const options = ['--no-calls', '--window', '23', '--runs', '1', '--processes', '1', '--systems', systems];
  const lines = programs.slice(0, 2).flatMap((file) => ['--program', file]);
  const { stdout, status } = await linkonce(['compare', ...options, ...lines]);
  expect(status).toBe(0);
  expect(stdout.match(/offset-table +refused/g)).toHaveLength(1);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('finds no range in a window of 23 bits');
});
