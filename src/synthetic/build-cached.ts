/**
 * Compiled sets are kept, by a digest of all that they are made of: sources, flags, and the compiler's version. A set is built
 * beside its place and renamed when it is whole; of two that are built at once the first stays.
 */
import { createHash, randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../util/native.ts';
import { userFolder } from '../util/user-folder.ts';
import { compileRecipe, compilerVersion } from './compile.ts';
import type { Recipe } from './recipe.ts';

/** Returns the folder with the recipe's outputs, which it makes if it is not there. */
export async function buildCached(recipe: Recipe): Promise<string> {
  const folder = path.join(cacheFolder(), digestOf(recipe, await compilerVersion()));
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${randomBytes(4).toString('hex')}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await compileRecipe(recipe, unfinished);
    moveInto(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
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

/** In the checkout; where that is someone else's, in the user's own cache. */
function cacheFolder(): string {
  const build = path.join(packageRoot(), 'build');
  if (isWritable(build)) return path.join(build, 'synthetic');
  return path.join(userFolder('XDG_CACHE_HOME', '.cache'), 'linkonce', 'synthetic');
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
