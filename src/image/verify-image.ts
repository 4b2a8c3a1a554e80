/** Reads an image file back: what was written must be what a loader will accept. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { LinkonceError } from '../util/errors.ts';
import type { DecodedPlan } from './plan.ts';
import { decodePlan } from './plan.ts';
import { planHeader, planOffset } from './plan-layout.ts';
import { readOpenedTable, readPart } from './read-opened.ts';
import { decodeWide } from '../util/structure.ts';

/** Reads and checks an image's plan. Throws LinkonceError naming the file and what is wrong. */
export function readPlan(path: string): DecodedPlan {
  const file = open(path);
  try {
    const head = Buffer.alloc(planHeader.size);
    readSync(file, head, 0, head.length, planOffset);
    const { size } = fstatSync(file);
    const tablesSize = Number(decodeWide(planHeader, head, 0).tables_size);
    const bytes = Buffer.alloc(Math.min(tablesSize, size));
    readSync(file, bytes, 0, bytes.length, planOffset);
    const plan = decodePlan(bytes, path);
    if (plan.header.file_size !== BigInt(size)) throw new LinkonceError(`${path}: the image is truncated`);
    return plan;
  } finally {
    closeSync(file);
  }
}

/** An image is only for those who may read all modules in it. */
function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    throw new LinkonceError(`${path}: this user may not read it`);
  }
}

/** Throws LinkonceError where the image is not whole or holds another loader than `loader`. */
export function verifyImage(path: string, loader: Buffer): DecodedPlan {
  const plan = readPlan(path);
  const copy = readPart(path, plan.header.loader_offset, BigInt(loader.length));
  if (!copy.equals(loader)) throw new LinkonceError(`${path}: the image holds another loader`);
  readOpenedTable(path, plan);
  return plan;
}
