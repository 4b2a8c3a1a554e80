import path from 'node:path';
import { readElf } from '../elf/read-elf.ts';
import { fileIdentity } from './file-identity.ts';
import type { Module } from './program.ts';

/** Reads the module at `file`. Throws ElfError, and the system's error where the file cannot be read. */
export function readModule(file: string): Module {
  // The identity comes first: a file that is replaced meanwhile does not have it any more, and every later check says so.
  const identity = fileIdentity(file);
  const elf = readElf(file);
  return { path: file, name: elf.dynamic?.soname ?? path.basename(file), identity, elf };
}
