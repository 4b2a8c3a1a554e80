/**
 * What docs/constructed.md says of constructors of some kinds: bench/constructors.mjs follows them, and either lets them pass or says what
 * ends the prefix. It needs debug registers that fire.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { doesFire } from '../../src/capture/stop-point.ts';
import { packageRoot } from '../../src/util/native.ts';
import { runProgram } from '../run-program.ts';

const root = packageRoot();
const cases = [
  ['nothing', ''],
  ['heap', ''],
  ['mangled-pointer', ''],
  ['absent-file', ''],
  ['environ', 'reads the vectors on the stack'],
  ['time', 'reads the time (vdso)'],
  ['process-id', 'system call getpid'],
  ['random', 'system call getrandom'],
  ['sum-of-address', 'a word without explanation'],
] as const;

test.skipIf(!doesFire('debug-register'))('each kind of constructor passes, or ends the prefix', async () => {
  const bench = path.join(root, 'bench/constructors.mjs');
  const args = [bench, '--kinds', '--rounds', '1', ...cases.map(([kind]) => kind)];
  const { stdout } = await runProgram(process.execPath, args);
  for (const [kind, cause] of cases) {
    const line = stdout.split('\n').find((each) => each.startsWith(`${kind}: `));
    expect(line).toContain(`${kind}: ${cause === '' ? '2' : '1'} of 2 constructors`);
    if (cause !== '') expect(line).toContain(`ends before lib${kind}.so: ${cause}`);
  }
});

test('the document counts the kinds', () => {
  const kinds = readFileSync(path.join(root, 'bench/constructor-kinds.c'), 'utf8').match(/defined KIND_/g);
  expect(readFileSync(path.join(root, 'docs/constructed.md'), 'utf8')).toContain(
    `constructors of ${String(kinds?.length)} kinds`,
  );
});
