/**
 * What ld.so tells debuggers of the modules in a process: struct r_debug and the public part of struct link_map, of <link.h>. It
 * keeps both true for them, in all versions.
 */
import { symbolName } from '../elf/symbol-name.ts';
import type { Module } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import type { Tracee } from './ptrace.ts';
import { readText } from './read-text.ts';

export interface LinkMap {
  /** Where the struct itself is. */
  readonly at: Address;
  /** l_addr */
  readonly loadBias: Address;
  /** l_name: empty for the executable. */
  readonly name: string;
  /** l_ld: its dynamic section. */
  readonly dynamic: Address;
}

export interface DebugState {
  /** r_map: the first of the base namespace. */
  readonly first: Address;
  /** r_brk: a function that ld.so calls when it begins to change the list, and when it is done. */
  readonly notice: Address;
  /** r_state is RT_CONSISTENT: the list is not being changed. */
  readonly isConsistent: boolean;
}

const debugSize = 32;
const mapSize = 32;

/** Where the linker, which is loaded with that bias, has its r_debug. Throws Refusal where it names none. */
export function findDebugState({ path, elf }: Module, loadBias: Address): Address {
  const index = elf.symbols.find(symbolName('_r_debug'), () => true);
  if (index === 0) throw new Refusal(`${path} has no _r_debug, by which debuggers learn of modules`);
  return loadBias + elf.symbols.at(index).value;
}

export function readDebugState(tracee: Tracee, at: Address): DebugState {
  const bytes = tracee.read(at, debugSize);
  return {
    first: Number(bytes.readBigUInt64LE(8)),
    notice: Number(bytes.readBigUInt64LE(16)),
    isConsistent: bytes.readUInt32LE(24) === 0,
  };
}

/** The list from one map on, in its order. */
export function readLinkMaps(tracee: Tracee, first: Address): LinkMap[] {
  const maps: LinkMap[] = [];
  for (let at = first; at !== 0;) {
    const bytes = tracee.read(at, mapSize);
    const word = (offset: number): number => Number(bytes.readBigUInt64LE(offset));
    maps.push({ at, loadBias: word(0), name: readText(tracee, word(8)), dynamic: word(16) });
    at = word(24);
  }
  return maps;
}
