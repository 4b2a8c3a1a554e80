/** Keeps a change of a file from hiding behind the coarse clock of file systems. */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, futimesSync, openSync, rmSync } from 'node:fs';
import type { ModuleFacts } from '../program/facts.ts';

/** Ticks of such a clock are no longer than this, ns: 10 ms on the slowest kernels; a second where inodes have no room for less. */
const longestTick = 1_000_000_000n;

/**
 * File systems stamp changes with a clock that ticks every few milliseconds: a module rewritten twice within one tick has
 * the same times. Returns when the clock of the output's file system is past the newest change of all modules, so that
 * any later change shows. Costs nothing unless a module is only milliseconds old. A module from the future (the clock was
 * set back) is not waited for: a change now gives it another time.
 */
export function waitForNewTimestamp(modules: readonly ModuleFacts[], output: string): void {
  const newest = modules.reduce((max, { identity }) => later(max, endOfTick(identity.ctimeNs)), 0n);
  const probe = `${output}.${randomBytes(4).toString('hex')}.clock`;
  const file = openSync(probe, 'wx', 0o600);
  try {
    let behind: bigint;
    do {
      futimesSync(file, 0, 0);
      behind = newest - fstatSync(file, { bigint: true }).ctimeNs;
    } while (behind >= 0n && behind < longestTick);
  } finally {
    closeSync(file);
    rmSync(probe);
  }
}

/** Old inodes of ext4 hold whole seconds: a change within that second leaves the time as it is. */
function endOfTick(time: bigint): bigint {
  return time % longestTick === 0n ? time + longestTick - 1n : time;
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
