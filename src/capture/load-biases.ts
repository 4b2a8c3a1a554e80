/** Which link map of a process is which module's: by path, or by file, since ld.so finds a file by other paths, too. */
import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { fileIdentity, sameFile } from '../program/file-identity.ts';
import type { Module, Program } from '../program/program.ts';
import type { Address } from '../util/units.ts';
import type { LinkMap } from './link-maps.ts';
import type { OpeningProcess } from './opening-process.ts';

/** Of the program's own modules, by `Module.path`. */
export function loadBiases(program: Program, { own, tracee }: OpeningProcess): ReadonlyMap<string, Address> {
  const biases = new Map<string, Address>();
  for (const map of own) {
    const module = map.name === '' ? program.executable : ownModule(program, map, tracee.pid);
    if (module !== undefined) biases.set(module.path, map.loadBias);
  }
  return biases;
}

function ownModule({ modules }: Program, map: LinkMap, pid: number): Module | undefined {
  const file = fileOf(map, pid);
  return file === undefined ? undefined : moduleOf(modules, file);
}

/** Of these modules the one that ld.so has opened as `file`. */
export function moduleOf(modules: readonly Module[], file: string): Module | undefined {
  const byPath = modules.find((module) => module.path === file);
  if (byPath !== undefined) return byPath;
  const identity = fileIdentity(file);
  return modules.find((module) => sameFile(module.identity, identity));
}

/**
 * The absolute path of a link map's file; undefined for the vdso, whose name is no path. `..` stays: behind a symbolic link it leads
 * elsewhere than the text says.
 */
export function fileOf({ name }: LinkMap, pid: number): string | undefined {
  if (!name.includes('/')) return undefined;
  return path.isAbsolute(name) ? name : `${readlinkSync(`/proc/${pid}/cwd`)}/${name}`;
}
