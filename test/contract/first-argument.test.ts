/**
 * A launcher that is called by a path shorter than its program's: the program's path must fit where argv[0] is. Without
 * address randomness the kernel leaves no gap there, so that the vectors have to move.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runInShell } from '../run-program.ts';

const debugging = { ...environment, LINKONCE_DEBUG: '1' };
const unshifted = 'exec setarch -R "$0" "$@"';

describe.each(['title', 'stack'])('%s', (name) => {
  describe.each([1, 16, 240, 3000])('a program whose path is %i bytes longer', (extra) => {
    let folder: string;
    let program: string;
    const launcher = (): string => path.join(folder, 'x');

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'linkonce-'));
      // The program's own name is longer than the launcher's already.
      const names = Array.from({ length: Math.ceil(extra / 200) }, () => 'd'.repeat(Math.min(extra, 199)));
      const home = path.join(folder, ...names);
      mkdirSync(home, { recursive: true });
      program = path.join(home, name);
      cpSync(testProgram(name).path, program);
      const system = findSystem('image');
      if (!system) throw new Error('there is no system image');
      const settings = { system, variant: 'single', output: launcher(), asInterpreter: false };
      await bindProgram(program, settings, () => undefined);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test.each([
      ['without randomness of addresses', unshifted],
      ['as usual', 'exec "$0" "$@"'],
    ])('%s', async (_, command) => {
      const start = (file: string) => runInShell(command, file, ['one', 'two'], { env: debugging });
      const bound = await start(launcher());
      expect({ ...bound, stdout: bound.stdout.replaceAll(launcher(), program) }).toEqual(
        await start(program),
      );
    });
  });
});
