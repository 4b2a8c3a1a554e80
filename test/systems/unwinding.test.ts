/**
 * Stacks through everything that stands between a call and its function: stubs, dispatchers, thunks. At every instruction of calls
 * between modules the unwinder of libgcc comes to `main`, under every system and variant as under the platform's linker.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withPlaces } from '../../src/pagein/with-places.ts';
import { reasonToHandOver } from '../contract/workplace.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { allForms, Binder } from './bound-set.ts';
import { compileUnwindProgram, wholeStacks } from './unwind-program.ts';

const binder = new Binder();
const styles = { 'through PLT slots': ['-fplt'], 'through GOT slots': ['-fno-plt'] } as const;
type Style = keyof typeof styles;
const names = Object.keys(styles) as readonly Style[];
const programs = new Map<Style, string>();
beforeAll(() => {
  for (const name of names)
    programs.set(name, compileUnwindProgram(`${binder.folder}/${styles[name][0]}`, styles[name]));
});
afterAll(() => {
  binder.remove();
});

describe.each(names)('%s', (name) => {
  for (const form of allForms)
    test(form, async ({ skip }) => {
      const image = await binder.bind(programs.get(name)!, form);
      const reason = reasonToHandOver(image);
      if (reason !== undefined) skip(reason);
      const env = { ...environment, ...image.environment, LINKONCE_DEBUG: '1' };
      const outcome = await withPlaces([image], () => runProgram(image.file, [], { env }));
      expect(outcome).toEqual({ stdout: wholeStacks, stderr: '', status: 0, signal: null });
    });
});
