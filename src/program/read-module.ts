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

/** Reads each file once, as long as it does not change; again where those that were asked for since have more than `mostBytes`. */
export function cachedReader(mostBytes = Infinity): ReadModule {
  // The one that was asked for last stands last.
  const known = new Map<string, Module>();
  let bytes = 0;
  const forget = (file: string, { elf }: Module): void => {
    known.delete(file);
    bytes -= elf.bytes.length;
  };
  const keep = (file: string, module: Module): Module => {
    known.set(file, module);
    bytes += module.elf.bytes.length;
    for (const [oldest, other] of known) {
      if (bytes <= mostBytes || other === module) break;
      forget(oldest, other);
    }
    return module;
  };
  return (file) => {
    const module = known.get(file);
    if (module) forget(file, module);
    const isSame = module && sameIdentity(module.identity, fileIdentity(file));
    return keep(file, isSame ? module : readModule(file));
  };
}
