/** Keeps `bind` from overwriting what is not its own. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { readElf } from '../elf/read-elf.ts';
import { launcherMagic } from '../image/plan-layout.ts';
import { LinkonceError } from '../util/errors.ts';

/** Throws where a launcher must not be written: only a launcher is overwritten. */
export function checkOutput(file: string): void {
  const folder = path.dirname(file);
  if (!isWritable(folder)) throw new LinkonceError(`${folder}: is no folder that can be written to`);
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (status.isDirectory()) throw new LinkonceError(`${file}: is a directory`);
  if (!isLauncher(file))
    throw new LinkonceError(`${file}: is there and is no launcher; it is not overwritten`);
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
