/** What an earlier bind to the same output left behind. */
import { existsSync, rmSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { pathOf } from './plan.ts';
import { readPlan } from './verify-image.ts';
import { attempt } from '../util/outcome.ts';

/** The files of `folder` that an image maps; none where there is no image, or one that cannot be read. */
export function earlierFiles(imagePath: string, folder: string): readonly string[] {
  if (!existsSync(imagePath)) return [];
  const plan = attempt(() => readPlan(imagePath));
  if ('failure' in plan) return [];
  const backings = plan.value.rows('backings').map((row) => pathOf(plan.value, row));
  return backings.filter((file) => path.dirname(file) === folder);
}

/** Removes those of an earlier bind's files that the new one does not have, and the folder where it is empty then. */
export function removeEarlier(earlier: readonly string[], kept: readonly string[], folder: string): void {
  for (const file of earlier) if (!kept.includes(file)) rmSync(file, { force: true });
  if (earlier.length > 0 && !kept.some((file) => path.dirname(file) === folder)) removeEmpty(folder);
}

/** A person may have put something there. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT') throw error;
  }
}
