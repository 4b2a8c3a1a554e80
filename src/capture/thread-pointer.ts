/**
 * The moment at which a process's memory is all in place: glibc, musl and our loader set the thread pointer then, and run
 * nothing of the program before.
 */
import { argumentRegisters, registerFor } from '../machine/registers.ts';
import { archPrctl, systemCall } from '../machine/system-calls.ts';
import type { Tracee } from './ptrace.ts';

/** Whether the tracee, stopped at a system call's entry or exit, sets its thread pointer by arch_prctl(2). */
export function setsThreadPointer(tracee: Tracee): boolean {
  const registers = tracee.registers();
  return (
    registers.number(registerFor.asked) === systemCall.archPrctl &&
    registers.get(argumentRegisters[0]) === archPrctl.setThreadPointer
  );
}
