/** Finds the program that a person named, as a shell would, and says at once what can never be bound. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { LinkonceError } from '../util/errors.ts';

/** The absolute path of a program: a path where `name` has a slash, else the first match in PATH. Links are kept. */
export function findProgram(name: string): string {
  const found = name.includes('/') ? path.resolve(name) : searchPath(name);
  if (found === undefined) throw new LinkonceError(`${name}: no such program in PATH`);
  checkFile(found);
  return found;
}

function searchPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(':');
  // An empty entry of PATH is the current directory.
  return folders.map((folder) => path.resolve(folder, name)).find(isExecutableFile);
}

function isExecutableFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true && isExecutable(file);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function checkFile(file: string): void {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) throw new LinkonceError(`${file}: no such program`);
  if (status.isDirectory()) throw new LinkonceError(`${file}: is a directory`);
  if (!status.isFile()) throw new LinkonceError(`${file}: is not a regular file`);
  if (!isExecutable(file)) throw new LinkonceError(`${file}: is not executable`);
  const interpreter = scriptInterpreter(file);
  if (interpreter !== undefined)
    throw new LinkonceError(`${file}: is a script; name its interpreter instead: ${interpreter} ${file}`);
}

/** What the `#!` line of a script names. */
function scriptInterpreter(file: string): string | undefined {
  const head = Buffer.alloc(256);
  const length = readHead(file, head);
  const line = head.toString('latin1', 0, length).split('\n', 1)[0] ?? '';
  return line.startsWith('#!') ? line.slice(2).trim() : undefined;
}

function readHead(file: string, head: Buffer): number {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    throw new LinkonceError(`${file}: cannot be read`);
  }
  try {
    return readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
}
