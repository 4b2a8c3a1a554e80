/** The test programs as judges: each gives the same answer each time under the platform's linker, and none hangs. */
import { beforeAll, expect, test } from 'vitest';
import { runProgram } from '../run-program.ts';
import { buildPrograms, environment, missing, missingOpening, openingPrograms, programs } from './build.ts';

beforeAll(() => buildPrograms());

for (const program of [...programs, ...openingPrograms])
  test(program.title, async () => {
    const settings = { env: { ...environment, ...program.env }, input: program.input };
    const run = () => runProgram(program.path, program.args, settings);
    const first = await run();
    expect(first.stdout).not.toBe('');
    expect(await run()).toEqual(first);
  });

for (const { name, reason } of [...missing, ...missingOpening]) test(name, ({ skip }) => skip(reason));
