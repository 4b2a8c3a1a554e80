/** Everything that the library exports is described, and what it refers to is exported, too, or left out on purpose (typedoc.json). */
import path from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { runProgram } from '../run-program.ts';

test('typedoc finds nothing to complain of', async () => {
  const typedoc = path.join(packageRoot(), 'node_modules', 'typedoc', 'bin', 'typedoc');
  const { stdout, stderr, status } = await runProgram(process.execPath, [typedoc, '--emit', 'none'], {
    cwd: packageRoot(),
  });
  expect({ text: stdout + stderr, status }).toEqual({ text: '', status: 0 });
});
