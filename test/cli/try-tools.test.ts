/** `linkonce systems --try-tools`: what tools see of a process is what its system states, as far as they are here and may look. */
import { beforeAll, describe, expect, test } from 'vitest';
import { trialsText } from '../../src/cli/trials-text.ts';
import { tryToolsUnder, type TriedSystem } from '../../src/cli/try-systems.ts';
import { variantOf } from '../../src/systems/build-variant.ts';
import { chooseSystem } from '../../src/systems/choose.ts';
import { tools, toolsWithLess } from '../../src/systems/seen-by.ts';
import { codeInCopies, codeInModules } from '../../src/systems/shared/sights.ts';
import type { Trials } from '../../src/tools/try-tools.ts';
import { linkonce } from './linkonce.ts';

/** What is stated in all its kinds, and the default. */
describe.each(['got-plt', 'prelink', 'image', 'image:single', 'dispatcher:trap', 'rebase-page-in:whole'])(
  '%s',
  (form) => {
    const { system, variant } = chooseSystem(form);
    let tried: TriedSystem | undefined;
    beforeAll(async () => {
      [tried] = await tryToolsUnder([{ system, variant }], () => undefined);
    });

    test.for(tools)('%s', (tool, { skip }) => {
      const trials = tried?.trials;
      if (trials === undefined || 'skipped' in trials)
        throw new Error(`${form} was not tried: ${trials?.skipped ?? ''}`);
      const trial = trials[tool];
      if (typeof trial !== 'string') return skip(trial.skipped);
      expect(trial).toBe(variantOf(system, variant).seenBy[tool]);
    });
  },
);

const found = (trials: Trials, ...differs: TriedSystem['differs']): TriedSystem => ({
  ...{ system: 'image', variant: 'single', trials, differs },
});

test('what differs is marked, and what was skipped has a reason', () => {
  const trials: Trials = {
    ...codeInCopies,
    uprobes: 'all',
    needrestart: { skipped: 'there is no needrestart' },
  };
  const text = trialsText([found(trials, 'uprobes'), found(trials, 'uprobes')]);
  expect(text).toMatch(/^image:single +names +all! +all +all +names +by ld\.so +– +late$/m);
  expect(text).toContain('! image:single states of uprobes: sees nothing\n');
  expect(text.match(/^– needrestart: there is no needrestart$/gm)).toHaveLength(1);
});

test('code in the modules’ own files hides from no tool', () => {
  expect(toolsWithLess(codeInModules)).toEqual([]);
  expect(toolsWithLess(codeInCopies)).toContain('uprobes');
});

test('the command names what there is for a system that is not', async () => {
  const { stdout, stderr, status } = await linkonce(['systems', '--try-tools', 'nothing']);
  expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
  expect(stderr).toContain("there is no system 'nothing'");
});
