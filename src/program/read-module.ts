import path from 'node:path';
import { readElf } from '../elf/read-elf.ts';
import { fileIdentity, sameIdentity } from './file-identity.ts';
import type { Module } from './program.ts';
import { requireNoWriter } from './writers.ts';

/** From a path, as the linker opens it, to the module. */
export type ReadModule = (file: string) => Module;

/** Reads the module at `file`. Throws ElfError, Refusal where somebody has it open for writing, and the system's error where the file cannot be read. */
export function readModule(file: string): Module {
  // The identity comes first: a file that is replaced meanwhile does not have it any more, and every later check says so.
  const identity = fileIdentity(file);
  // Who opens it for writing from here on changes its times with the first store.
  requireNoWriter(file);
  const elf = readElf(file);
  return { path: file, name: elf.dynamic?.soname ?? path.basename(file), identity, elf };
}

/** Reads each file once, as long as it does not change. */
export function cachedReader(): ReadModule {
  const known = new Map<string, Module>();
  return (file) => {
    const module = known.get(file);
    if (module && sameIdentity(module.identity, fileIdentity(file))) return module;
    const fresh = readModule(file);
    known.set(file, fresh);
    return fresh;
  };
}
