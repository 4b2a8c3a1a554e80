/** Keeps `bind` from overwriting what is not its own. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { readElf } from '../elf/read-elf.ts';
import { launcherMagic, planMagic, planOffset } from '../image/plan-layout.ts';
import { LinkonceError } from '../util/errors.ts';
import { wordAt } from '../util/read-word.ts';
import { statusOf } from '../util/status.ts';

/** Throws where a launcher must not be written: only a launcher, and the files beside it, are overwritten. */
export function checkOutput(file: string): void {
  const folder = path.dirname(file);
  if (!isWritable(folder)) throw new LinkonceError(`${folder}: is no folder that can be written to`);
  checkFile(file, 'launcher', isLauncher);
  checkFile(`${file}.image`, 'image', isImage);
  checkFile(`${file}.loader`, 'launcher', isLauncher);
}

function checkFile(file: string, what: string, isOurs: (file: string) => boolean): void {
  const status = statusOf(file);
  if (status === undefined) return;
  if (status.isDirectory()) throw new LinkonceError(`${file}: is a directory`);
  if (!isOurs(file)) throw new LinkonceError(`${file}: is there and is no ${what}; it is not overwritten`);
}

/** By the magic alone: a damaged image is still ours to replace, and one from before version 9, which begins with it. */
function isImage(file: string): boolean {
  return [planOffset, 0].some((offset) => wordAt(file, offset) === planMagic);
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

/** A launcher, or a copy of a program whose interpreter is one. */
function isLauncher(file: string): boolean {
  try {
    const { bytes, interpreter } = readElf(file);
    return hasTrailer(bytes) || (interpreter !== undefined && hasTrailer(readFileSync(interpreter)));
  } catch {
    return false;
  }
}

function hasTrailer(bytes: Buffer): boolean {
  const magic = Buffer.alloc(8);
  magic.writeBigUInt64LE(launcherMagic);
  return bytes.includes(magic);
}
