/**
 * What traced linkers are told of RLIMIT_STACK in place of the truth. glibc makes it the stack of threads that ask for no other
 * (nptl/nptl-stack.c and `__pthread_initialize_minimal_internal` of nptl/nptl_init.c): the limit in whole pages, but not less than
 * a thread needs; where there is no limit, a size of its own. One capture is told that there is none, the other a small one that
 * ends within a page: what both keep explains the word for every limit that is not smaller.
 */
import { randomInt } from 'node:crypto';
import { PT } from '../elf/constants.ts';
import type { Program } from '../program/program.ts';
import { pageSize, roundUp } from '../util/units.ts';

/** Bytes. */
export interface StackLimit {
  /** The soft limit that the linker is told; `unlimited`: none. The hard one is always none. */
  readonly told: bigint;
  /** From here on all limits are treated as that of the second capture. */
  readonly least: number;
}

/** RLIM_INFINITY of sys/resource.h. */
export const unlimited = 0xffff_ffff_ffff_ffffn;

/** A thread's smallest stack has its TLS, glibc's reserve of it and a few pages: well below this. */
const smallest = 0x4_0000;

/** What the first capture and the one with bound slots are told. */
export function noStackLimit(program: Program): StackLimit {
  return { told: unlimited, least: leastLimit(program) };
}

/** What the second one is told: less than `least`, but in whole pages not more than it. */
export function smallStackLimit(program: Program): StackLimit {
  const least = leastLimit(program);
  const below = randomInt(16) * pageSize + randomInt(1, pageSize);
  return { told: BigInt(least - below), least };
}

function leastLimit({ modules }: Program): number {
  const segments = modules.flatMap(({ elf }) => elf.segments.filter(({ type }) => type === PT.TLS));
  return roundUp(smallest + segments.reduce((sum, each) => sum + each.memorySize + each.alignment, 0));
}
