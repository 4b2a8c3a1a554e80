/**
 * Keeps the constructors of a module from running. ld.so reads which there are from the dynamic section, when it is about to call them
 * (elf/dl-init.c): in memory the array of constructors gets the size 0, and DT_INIT leads to an instruction that returns.
 * ld.so does all else as ever; nothing of it has to be known or written to.
 */
import { DT } from '../elf/constants.ts';
import type { Address } from '../util/units.ts';
import type { LinkMap } from './link-maps.ts';
import type { Tracee } from './ptrace.ts';

const entrySize = 16;

/** A word of a dynamic section and what it was. */
export interface HeldWord {
  readonly address: Address;
  readonly value: bigint;
}

/** `idle` is the address of an instruction that returns. */
export function holdConstructors(tracee: Tracee, map: LinkMap, idle: Address): HeldWord[] {
  const held: HeldWord[] = [];
  for (let at = map.dynamic; ; at += entrySize) {
    const entry = tracee.read(at, entrySize);
    const tag = Number(entry.readBigInt64LE(0));
    if (tag === DT.NULL) return held;
    const value = harmless(tag, idle - map.loadBias);
    if (value === undefined) continue;
    held.push({ address: at + 8, value: entry.readBigUInt64LE(8) });
    tracee.writeWord(at + 8, value);
  }
}

function harmless(tag: number, idle: number): bigint | undefined {
  // It also heeds the array that only an executable should have.
  if (tag === DT.INIT_ARRAYSZ || tag === DT.PREINIT_ARRAYSZ) return 0n;
  return tag === DT.INIT ? BigInt.asUintN(64, BigInt(idle)) : undefined;
}

/** The dynamic section is again as ld.so left it. */
export function giveBack(tracee: Tracee, held: readonly HeldWord[]): void {
  for (const { address, value } of held) tracee.writeWord(address, value);
}
