/** Programs of more than 2 GiB: no distance between modules is too far, and what is a hole in a module's file stays one. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pathOf } from '../../src/image/plan.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { packageRoot } from '../../src/util/native.ts';
import { linkonce } from '../cli/linkonce.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { moduleRows } from '../image/module-rows.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-large-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sources = path.join(packageRoot(), 'test', 'bind', 'large');
const numbers = [1, 2, 3, 4, 5];
const program = path.join(folder, 'main');
const expected = '1502 1204 906 608 310\n1 1\n';

beforeAll(() => {
  for (const number of numbers) compileLibrary(number);
  const libraries = numbers.map((number) => path.join(folder, `lib${String(number)}.so`));
  execFileSync('cc', ['-o', program, path.join(sources, 'main.c'), ...libraries, '-Wl,-rpath,$ORIGIN']);
});

/** The first calls and reads the last one, the second the last but one, … */
function compileLibrary(number: number): void {
  const other = numbers.length + 1 - number;
  const names = { FAR: `far_${number}`, CALL: `call_${number}`, ROUND: `round_${number}` };
  const others = {
    POINTER: `pointer_${number}`,
    OTHER: `far_${other}`,
    NEXT: `call_${other}`,
    NUMBER: number,
  };
  execFileSync('cc', [
    ...['-O1', '-shared', '-fPIC', '-nostdlib', `-Wl,-T,${path.join(sources, 'hole.lds')}`],
    ...Object.entries({ ...names, ...others }).map(([name, value]) => `-D${name}=${String(value)}`),
    ...[`-Wl,-soname,lib${number}.so`, '-o', path.join(folder, `lib${number}.so`)],
    path.join(sources, 'library.c'),
  ]);
}

test.each(['image:partitions', 'image:single', 'install', 'prelink'])(
  '%s: calls and references between the first and the last module work, and no file has the holes',
  async (form) => {
    const launcher = path.join(folder, form);
    const bound = await linkonce(['bind', '--system', form, '-o', launcher, program]);
    expect(bound).toMatchObject({ stderr: '', status: 0 });
    const env = { ...environment, LINKONCE_DEBUG: '1' };
    expect(await runProgram(program, [], { env })).toMatchObject({ stdout: expected, status: 0 });
    expect(await runProgram(launcher, [], { env })).toEqual({
      stdout: expected,
      stderr: '',
      status: 0,
      signal: null,
    });
    const plan = readPlan(`${launcher}.image`);
    const starts = moduleRows(plan).map(({ address }) => Number(address));
    expect(Math.max(...starts) - Math.min(...starts)).toBeGreaterThan(2 ** 31);
    const files = [`${launcher}.image`, ...plan.rows('backings').flatMap((row) => pathOf(plan, row) || [])];
    const blocks = files.reduce((sum, file) => sum + statSync(file).blocks, 0);
    const sizes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    expect(blocks * 512).toBeLessThan(8 * 2 ** 20);
    expect(sizes).toBeGreaterThan(2 ** 31);
  },
);
