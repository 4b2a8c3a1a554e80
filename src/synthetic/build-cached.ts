/**
 * Compiled sets are kept, by a digest of all that they are made of: sources, flags, and the compiler's version. A set is built
 * beside its place and renamed when it is whole; of two that are built at once the first stays.
 *
 * A package brings some compiled, by a digest of sources and flags (scripts/prepack.mjs): these are used whatever compiler is there,
 * so that machines without one measure, too.
 */
import { createHash, randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isCheckout, packageRoot } from '../util/native.ts';
import { cacheFolder } from '../util/user-folder.ts';
import { compileRecipe, compilerVersion } from './compile.ts';
import type { Recipe } from './recipe.ts';

/** Returns the folder with the recipe's outputs, which it makes if it is not there. Throws LinkonceError where it cannot. */
export async function buildCached(recipe: Recipe): Promise<string> {
  const packed = packedFolder(recipe);
  if (!isCheckout() && existsSync(packed)) return packed;
  const folder = path.join(compiledFolder(), digestOf(recipe, await compilerVersion()));
  if (!existsSync(folder)) await buildFolder(recipe, folder);
  return folder;
}

/** Where a package has the recipe's outputs. */
export function packedFolder(recipe: Recipe): string {
  return path.join(packageRoot(), 'build', 'compiled', digestOf(recipe, ''));
}

/** Makes the folder, with the outputs and nothing else. */
export async function buildFolder(recipe: Recipe, folder: string): Promise<void> {
  const unfinished = `${folder}.${randomBytes(4).toString('hex')}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await compileRecipe(recipe, unfinished);
    removeInputs(recipe, unfinished);
    moveInto(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function removeInputs({ links }: Recipe, folder: string): void {
  const outputs = new Set(links.map(({ output }) => output));
  for (const name of readdirSync(folder))
    if (!outputs.has(name)) rmSync(path.join(folder, name), { recursive: true });
}

function moveInto(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

function digestOf({ sources, compilations, links }: Recipe, compiler: string): string {
  const all = JSON.stringify([compiler, [...sources], compilations, links]);
  return createHash('sha256').update(all).digest('hex').slice(0, 20);
}

/** In the checkout; where that is someone else's, or there is none, in the user's own cache. */
function compiledFolder(): string {
  const build = path.join(packageRoot(), 'build');
  if (isCheckout() && isWritable(build)) return path.join(build, 'synthetic');
  return path.join(cacheFolder(), 'synthetic');
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
