/**
 * The moment at which a process's memory is all in place: glibc, musl and our loader set the thread pointer then, and run
 * nothing of the program before.
 */
import type { Tracee } from './ptrace.ts';

/** Its number in asm/unistd_64.h, and asm/prctl.h: ARCH_SET_FS. */
const archPrctl = 158n;
const setFs = 0x1002n;

/** Whether the tracee, stopped at a system call's entry or exit, sets its thread pointer by arch_prctl(2). */
export function setsThreadPointer(tracee: Tracee): boolean {
  const registers = tracee.registers();
  return registers.get('orig_rax') === archPrctl && registers.get('rdi') === setFs;
}
