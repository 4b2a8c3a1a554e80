/**
 * What a call between modules loses on its way: registers and flags, at every kind of call site, under every system and variant.
 * The judge is the platform's linker: through a slot that is bound nothing is lost. A system that loses more says so itself
 * (`clobbers` of its call scheme).
 */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withPlaces } from '../../src/pagein/with-places.ts';
import { reasonToHandOver } from '../contract/workplace.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { allForms, Binder, choiceOf } from './bound-set.ts';
import { compileRegisterProgram, sites } from './register-program.ts';
import { variantOf } from '../../src/systems/build-variant.ts';

const binder = new Binder();
const links = {
  lazy: ['-Wl,-z,lazy'],
  now: ['-Wl,-z,now'],
  'with .plt.sec': ['-Wl,-z,now', '-Wl,-z,ibtplt'],
} as const;
type Link = keyof typeof links;
const names = Object.keys(links) as readonly Link[];
const programs = new Map<Link, string>();
beforeAll(() => {
  for (const name of names)
    programs.set(name, compileRegisterProgram(`${binder.folder}/${name}`, 'registers', links[name]));
});
afterAll(() => {
  binder.remove();
});

async function run(file: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const outcome = await runProgram(file, [], { env: { ...environment, LINKONCE_DEBUG: '1', ...env } });
  expect(outcome).toMatchObject({ stderr: '', status: 0, signal: null });
  return outcome.stdout;
}

/** What the program prints where each call loses these. */
function losing(registers: readonly string[]): string {
  const lost = registers.length === 0 ? 'nothing' : registers.join(' ');
  const lines = sites.flatMap((site) => ['set', 'clear'].map((flags) => `${site}, flags ${flags}:`));
  return lines.map((line) => `${line} ${lost}, then ${lost}\n`).join('');
}

describe("the platform's linker", () => {
  test.each(names)('%s: a bound slot loses nothing', async (name) => {
    expect(await run(programs.get(name)!, { LD_BIND_NOW: '1' })).toBe(losing([]));
  });

  test('a lazy slot loses r11 and flags at its first call', async () => {
    const [first, ...others] = (await run(programs.get('lazy')!)).split('\n');
    const lost = /^call, flags set: (.*), then nothing$/.exec(first!)![1]!.split(' ');
    expect(lost).toContain('r11');
    expect(['r10', 'r11', 'flags']).toEqual(expect.arrayContaining(lost));
    expect(others.join('\n')).toBe(losing([]).slice(losing([]).indexOf('\n') + 1));
  });

  test('the program with .plt.sec has one', () => {
    const text = execFileSync('objdump', ['-d', '-j', '.plt.sec', programs.get('with .plt.sec')!]);
    expect(text.toString()).toMatch(/<observe_plt@plt>:\n.*endbr64/);
  });
});

describe.each(names)('%s', (name) => {
  for (const form of allForms.filter((each) => !each.startsWith('got-plt')))
    test(form, async ({ skip }) => {
      const { system, variant } = choiceOf(form);
      const image = await binder.bind(programs.get(name)!, form);
      const reason = reasonToHandOver(image);
      if (reason !== undefined) skip(reason);
      const { clobbers = [] } = variantOf(system, variant).arrangement?.calls ?? {};
      expect(await withPlaces([image], () => run(image.file))).toBe(losing(clobbers));
    });
});
