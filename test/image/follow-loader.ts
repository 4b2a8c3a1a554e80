/** Brings a launcher's process to where its image is in place, or further to its handoff point. */
import { expect } from 'vitest';
import type { Tracee } from '../../src/capture/ptrace.ts';
import { runTo } from '../../src/capture/stop-point.ts';
import { setsThreadPointer } from '../../src/capture/thread-pointer.ts';
import type { DecodedPlan } from '../../src/image/plan.ts';

/** To the system call by which the loader sets the thread pointer: all memory is in place then. */
export function followLoader(tracee: Tracee): void {
  do expect(tracee.toSyscall()).toEqual({ kind: 'syscall' });
  while (!setsThreadPointer(tracee));
}

/** To the handoff point of an image of which nothing moves. */
export function runToHandoff(tracee: Tracee, { header }: DecodedPlan): void {
  followLoader(tracee);
  expect(runTo(tracee, Number(header.handoff))).toEqual({ kind: 'point' });
}
