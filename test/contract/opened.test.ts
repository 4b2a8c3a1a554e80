/**
 * The contract for opened modules: each program of `test/programs/list-opened.ts`, bound with all that it opens, behaves as under the
 * platform's linker; and its prepared modules are really used, so that none of this is seen in vain.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { withPlaces } from '../../src/pagein/with-places.ts';
import { systems } from '../../src/systems/registry.ts';
import { preparedModules } from '../../src/systems/shared/prepared-modules.ts';
import type { TestSubject } from '../bind/subjects.ts';
import { casesOf, isForRelease } from '../extent.ts';
import {
  buildPrograms,
  environment,
  missingOpening,
  openingPrograms,
  type OpeningProgram,
} from '../programs/build.ts';
import type { OpenedRecipe } from '../programs/list-opened.ts';
import type { Run } from '../programs/list.ts';
import { runProgram } from '../run-program.ts';
import { stockRun } from '../stock-run.ts';
import { bindForm, openingSubject, takeSeen, type Seen } from './opened.ts';
import { reasonToHandOver } from './workplace.ts';

const usual = ['image:single', 'image:merged', 'image:partitions', 'prelink:files', 'rebase-startup:slide'];
const every = systems.flatMap((system) => system.variants.map(({ id }) => `${system.id}:${id}`));
const forms = casesOf(isForRelease ? every : usual, 1);
/** Of a system that leaves all to ld.so, none is used. */
const prepares = (form: string): boolean =>
  systems.some(
    ({ id, properties }) => form.startsWith(`${id}:`) && properties.onDlopen === preparedModules.onDlopen,
  );

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-opened-'));
const seenFile = path.join(folder, 'seen');
beforeAll(() => buildPrograms());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recipes = casesOf([...new Set(openingPrograms.map(({ recipe }) => recipe))], 4);
const subjects = new Map<OpenedRecipe, TestSubject>();

describe.each(forms)('%s', (form) => {
  for (const recipe of recipes) describe(recipe.name, () => testRecipe(recipe, form));
  for (const { name, reason } of missingOpening) test(name, ({ skip }) => skip(reason));
});

function testRecipe(recipe: OpenedRecipe, form: string): void {
  const runs = openingPrograms.filter((program) => program.recipe === recipe);
  const seen: Seen[] = [];
  let image: Image;
  beforeAll(async () => void (image = await bind(runs[0]!, form)));
  for (const program of runs)
    test(program.title, async ({ skip }) => {
      const reason = reasonToHandOver(image);
      if (reason !== undefined) skip(reason);
      const told = await compare(program, image);
      // Where there is another namespace nothing is prepared any more.
      if (!program.args.some((step) => step.startsWith('apart:'))) seen.push(...told);
    });
  if (!tells(recipe) || recipe.mayGoUnused) return;
  test('its prepared modules are used, and no others', () => {
    if (!prepares(form)) return expect(seen.filter(({ other }) => other > 0)).toEqual([]);
    const prepared = preparedNames(recipe);
    const wrong = seen.filter(({ name, other }) => prepared.has(name) !== other > 0);
    expect(wrong).toEqual([]);
    expect(seen.filter(({ name }) => prepared.has(name))).not.toEqual([]);
  });
}

const leftReasons = [
  /^ld\.so does not open it: .*undefined symbol: /,
  /^its segments want an alignment for which ld\.so looks by itself$/,
  /^it has relocations of its code$/,
  /^it has no relocations$/,
];

/** What the bind says of each: prepared, or left to the linker for a known reason. */
function preparedNames(recipe: OpenedRecipe): ReadonlySet<string> {
  const opened = subjects.get(recipe)!.last().opened;
  const left = opened.flatMap((module) => (module.prepared ? [] : [module.reason]));
  expect(left.filter((reason) => !leftReasons.some((known) => known.test(reason)))).toEqual([]);
  return new Set(opened.filter(({ prepared }) => prepared).map((each) => path.basename(each.path, '.so')));
}

/** Whether it opens anything as `open_plugin` does, which tells of it. */
function tells({ runs = [] }: OpenedRecipe): boolean {
  const opens = ({ args = [] }: Run): boolean => args.some((each) => each.startsWith('open:'));
  const isApart = ({ args = [] }: Run): boolean => args.some((each) => each.startsWith('apart:'));
  return runs.some((run) => opens(run) && !isApart(run));
}

async function bind({ recipe, name, path: file, plugins }: OpeningProgram, form: string): Promise<Image> {
  const wanted = plugins.filter((each) => !recipe.unprepared?.includes(path.basename(each, '.so')));
  const subject = subjects.get(recipe) ?? openingSubject(file, wanted);
  subjects.set(recipe, subject);
  const output = path.join(folder, form, name);
  mkdirSync(path.dirname(output), { recursive: true });
  return bindForm(subject, form, output);
}

/** Answers what the bound process saw of its modules. */
async function compare(
  { path: file, args, input, env }: OpeningProgram,
  image: Image,
): Promise<readonly Seen[]> {
  const variables = { ...environment, ...env, ...image.environment, MODULES_SEEN: seenFile };
  const settings = { env: { ...variables, LINKONCE_DEBUG: '1' }, input };
  const stock = await stockRun(file, args, settings);
  takeSeen(seenFile);
  const own = await withPlaces([image], () => runProgram(image.file, args, settings));
  expect(own).toEqual(stock);
  return takeSeen(seenFile);
}
