/**
 * Writes a report so that it is there whole or not at all: beside its place, then renamed. A link stays a link, and what it leads
 * to is replaced; what is no file, as /dev/stdout, is written to as it is.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, closeSync, constants, openSync, realpathSync, rmSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { LinkonceError } from '../util/errors.ts';
import { statusOf } from '../util/status.ts';

/** Writes a file. Throws LinkonceError where that is not possible. */
export async function writeFileWhole(path: string, text: string): Promise<void> {
  try {
    await (isReplaced(path) ? replace(realPathOf(path), text) : writeFile(path, text));
  } catch (error) {
    throw cannotBeWritten(path, error);
  }
}

/**
 * Throws LinkonceError where `writeFileWhole` could not write: for whoever is about to work for minutes on what shall stand there.
 * It tries: a file of the name that the temporary one will have is made, and removed.
 */
export function requireWritable(path: string): void {
  if (path === '' || path.endsWith('/') || statusOf(path)?.isDirectory())
    throw new LinkonceError(`${path === '' ? 'an empty name' : path}: is no file that can be written`);
  try {
    if (isReplaced(path)) tryFile(besides(realPathOf(path)));
    else accessSync(path, constants.W_OK);
  } catch (error) {
    throw cannotBeWritten(path, error);
  }
}

async function replace(path: string, text: string): Promise<void> {
  const temporary = besides(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

function tryFile(file: string): void {
  closeSync(openSync(file, 'wx'));
  rmSync(file);
}

function besides(path: string): string {
  return `${path}.${randomBytes(4).toString('hex')}.tmp`;
}

function isReplaced(path: string): boolean {
  return statusOf(path)?.isFile() ?? true;
}

function realPathOf(path: string): string {
  return statusOf(path) === undefined ? path : realpathSync(path);
}

function cannotBeWritten(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error : new LinkonceError(`${path}: cannot be written (${code})`);
}
