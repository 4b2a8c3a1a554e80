/** The library by its name, from what was built; test/package/ has it as it is installed. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../src/util/native.ts';
import { runProgram } from './run-program.ts';

const root = packageRoot();

describe('the example that compares two systems', () => {
  const example = path.join(root, 'examples', 'compare-two-systems.mjs');
  const run = (...args: readonly string[]) =>
    runProgram(process.execPath, [example, ...args], { env: process.env });

  test('says who wins, with figures', async () => {
    const outcome = await run('got-plt:now', 'image', '/bin/true');
    expect(outcome).toMatchObject({ stderr: '', status: 0 });
    const [head, ...rows] = outcome.stdout.trimEnd().split('\n');
    expect(head).toBe('true');
    const figures = rows
      .slice(0, 2)
      .map((row) => /^(\S+): start-up ([\d.]+) ms .* memory (\d+) kB$/.exec(row)!);
    expect(figures.map(([, name]) => name)).toEqual(['got-plt:now', 'image:data']);
    for (const [, , ms] of figures) expect(Number(ms)).toBeGreaterThan(0);
    expect(Number(figures[1]![3])).toBeLessThan(Number(figures[0]![3]));
    expect(rows[3]).toBe('private memory: image:data wins');
  });

  test('says in one line what is wrong', async () => {
    expect(await run('got-plt', 'no-such-system', '/bin/true')).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^there is no system 'no-such-system'; there are: [^\n]+\n$/) as unknown,
      status: 1,
    });
  });
});
