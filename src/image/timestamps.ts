/** Keeps a change of a file from hiding behind the coarse clock of file systems. */
import { closeSync, fstatSync, futimesSync, openSync, rmSync } from 'node:fs';
import type { Program } from '../program/program.ts';

/**
 * File systems stamp changes with a clock that ticks every few milliseconds: a module rewritten twice within one tick has
 * the same times. Returns when the clock of the output's file system is past the newest change of all modules, so that
 * any later change shows. Costs nothing unless a module is only milliseconds old.
 */
export function waitForNewTimestamp(program: Program, output: string): void {
  const newest = program.modules.reduce((max, { identity }) => later(max, identity.ctimeNs), 0n);
  const probe = `${output}.clock`;
  const file = openSync(probe, 'w', 0o600);
  try {
    do futimesSync(file, 0, 0);
    while (fstatSync(file, { bigint: true }).ctimeNs <= newest);
  } finally {
    closeSync(file);
    rmSync(probe);
  }
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
