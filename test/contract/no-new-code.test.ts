/**
 * Where a process may make no memory executable once it is mapped (PR_SET_MDWE; systemd.exec(5), MemoryDenyWriteExecute=), programs
 * run from their images: what the loader cannot make executable it maps so. Only code that each process writes for itself is handed over.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { reasons } from '../../src/image/reasons.ts';
import { bindProgram } from '../../src/pipeline.ts';
import { withPlaces } from '../../src/pagein/with-places.ts';
import { systems } from '../../src/systems/registry.ts';
import type { System } from '../../src/systems/system.ts';
import { environment, programs, testProgram } from '../programs/build.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { atOnePlace, placeProgram } from '../systems/placed-program.ts';
import { compileHere } from './compile.ts';
import { reasonToHandOver } from './workplace.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-no-new-code-'));
const wrapper = path.join(folder, 'no-new-code');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let obstacle: string | undefined;
beforeAll(async () => {
  compileHere('no-new-code', wrapper);
  const { status } = await runProgram(wrapper, ['/bin/true']);
  if (status !== 0) obstacle = 'this kernel has no PR_SET_MDWE (Linux 6.3)';
});

const moving =
  'everything moves at each start, and the code that leads to the vdso has an address of the linker';
/** Forms whose processes write to code, and why. */
const writers: Readonly<Record<string, string>> = {
  'rebase-startup:slide': moving,
  'rebase-page-in:whole': moving,
  'rebase-page-in:data': moving,
  'rebase-page-in:group': moving,
};

/** A process of its own by vfork, plug-ins by dlopen, an executable with fixed addresses, and handlers, which a trap has one of. */
const names = ['vfork-exec', 'plugin', 'copy-relocation', 'signals'];
const debugging = { ...environment, LINKONCE_DEBUG: '1' };
const denied = (name: string, file: string): Promise<Outcome> => {
  const { args, input } = programs.find((each) => each.name === name)!;
  return runProgram(wrapper, [file, ...args], { env: debugging, input });
};
/** In interpreter mode the program sees the path of its copy. */
const named = (outcome: Outcome, file: string, program: string): Outcome => ({
  ...outcome,
  stdout: outcome.stdout.replaceAll(file, program),
});
const isHandedOver = (program: string): string =>
  `linkonce: ${program}: handed over to the platform's linker: ${reasons.noNewCode.text}\n`;

const variants = systems
  .filter(({ id }) => id !== 'got-plt')
  .flatMap((system) => system.variants.map(({ id }) => [`${system.id}:${id}`, system, id] as const));
/** Each way in which the loader makes memory executable. */
const interpreters = ['image:single', 'prelink:files', 'rebase-startup:slide', 'import-page:start-up'];
const modes = [
  ...variants.map((variant) => [...variant, false] as const),
  ...variants.filter(([form]) => interpreters.includes(form)).map((each) => [...each, true] as const),
];

async function bind(name: string, system: System, variant: string, asInterpreter: boolean): Promise<Image> {
  const home = path.join(folder, `${system.id}-${variant}-${String(asInterpreter)}`);
  mkdirSync(home, { recursive: true });
  const settings = { system, variant, output: path.join(home, name), asInterpreter };
  return bindProgram(testProgram(name).path, settings, () => undefined);
}

describe.each(modes)('%s', (form, system, variant, asInterpreter) => {
  test.for(names)(`%s, ${asInterpreter ? 'as interpreter' : 'by a launcher'}`, async (name, { skip }) => {
    if (obstacle !== undefined) return skip(obstacle);
    const program = testProgram(name).path;
    const stock = await denied(name, program);
    const image = await bind(name, system, variant, asInterpreter);
    const other = reasonToHandOver(image, { asInterpreter });
    if (other !== undefined) skip(other);
    const seen = named(await withPlaces([image], () => denied(name, image.file)), image.file, program);
    const reason = isHandedOver(program);
    expect(seen.stderr.startsWith(reason)).toBe(form in writers);
    // A program that executes itself is handed over each time.
    expect({ ...seen, stderr: form in writers ? seen.stderr.replaceAll(reason, '') : seen.stderr }).toEqual(
      stock,
    );
  });
});

test.for([false, true])(
  'modules that move are fixed, or handed over, as interpreter: %s',
  async (asInterpreter, { skip }) => {
    if (obstacle !== undefined) skip(obstacle);
    const name = 'plugin';
    const output = path.join(folder, `moved-${String(asInterpreter)}`);
    const { path: program } = testProgram(name);
    const form = { variant: 'collision', asInterpreter, output } as const;
    const { file } = await placeProgram(program, atOnePlace, form);
    const [stock, seen] = [await denied(name, program), named(await denied(name, file), file, program)];
    expect({ ...seen, stderr: seen.stderr.replace(isHandedOver(program), '') }).toEqual(stock);
  },
);
