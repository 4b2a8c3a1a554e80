/** The library as other packages have it: by its name, from what was built. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../src/util/native.ts';
import { runProgram } from './run-program.ts';

const root = packageRoot();
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-library-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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

const consumer = `import {
  bindProgram, chooseSystem, comparePrograms, explainPages, readMeasurement, renderHtml, renderText, writeMeasurement,
  type Measurement,
} from 'linkonce';

const [file = ''] = process.argv.slice(2);
const measurement: Measurement = await comparePrograms([{ name: '/bin/true', args: [], processes: 1 }], {
  choices: [chooseSystem('got-plt:lazy')],
  runs: 2,
  moment: 'exit',
});
await writeMeasurement(measurement, file);
const read = await readMeasurement(file);
const html: string = renderHtml(read);
console.log(renderText(read).split('\\n')[0], html.length > renderText(read).length, explainPages(process.pid).pid === process.pid);
const image = await bindProgram('/bin/true', { ...chooseSystem('image'), output: file + '-bound' });
const names: readonly string[] = image.modules.map(({ name }) => name);
console.log(names.includes('libc.so.6'));
// @ts-expect-error no such setting
export const wrong = () => comparePrograms([], { runs: 'two' });
`;

test('another package compiles against its types, and runs', async () => {
  mkdirSync(path.join(folder, 'node_modules', '@types'), { recursive: true });
  symlinkSync(root, path.join(folder, 'node_modules', 'linkonce'));
  symlinkSync(path.join(root, 'node_modules/@types/node'), path.join(folder, 'node_modules/@types/node'));
  writeFileSync(path.join(folder, 'consumer.mts'), consumer);
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const flags = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
  const settings = { env: process.env, cwd: folder };
  const compiled = await runProgram(process.execPath, [compiler, ...flags, 'consumer.mts'], settings);
  expect(compiled).toMatchObject({ stdout: '', status: 0 });
  const run = await runProgram(
    process.execPath,
    ['consumer.mjs', path.join(folder, 'measurement.json')],
    settings,
  );
  expect(run).toEqual({ stdout: '/bin/true true true\ntrue\n', stderr: '', status: 0, signal: null });
});
