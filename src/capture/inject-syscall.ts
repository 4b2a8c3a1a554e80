/**
 * Makes a stopped tracee execute a system call of ours without writing to its memory: the vdso has a `syscall` instruction
 * in its text, so the instruction pointer is lent to it and given back.
 */
import { lentCode } from '../machine/instructions.ts';
import { argumentRegisters, registerFor } from '../machine/registers.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import type { Range } from './capture.ts';
import { readMaps } from './memory-map.ts';
import type { Tracee } from './ptrace.ts';

/** Runs a system call in a tracee; answers its result, negative errno as the kernel gives it. */
export type SyscallInjector = (number: number, ...args: (number | bigint)[]) => bigint;

/** Throws LinkonceError where the kernel gives processes no vdso, or one without the instruction. */
export function createSyscallInjector(tracee: Tracee): SyscallInjector {
  const at = findInVdso(tracee, lentCode.systemCall);
  return (number, ...args) => lend(tracee, () => runSyscall(tracee, at, number, args));
}

/** Where an instruction stands in the tracee's vdso; `code` in hexadecimal. Throws LinkonceError where it does not. */
export function findInVdso(tracee: Tracee, code: string): Address {
  const { start, end } = findVdso(tracee);
  const at = tracee.read(start, end - start).indexOf(code, 'hex');
  if (at < 0) throw new LinkonceError(`this kernel's vdso has no instruction ${code}`);
  return start + at;
}

function findVdso(tracee: Tracee): Range {
  const line = readMaps(tracee.pid).find(({ name }) => name === '[vdso]');
  if (!line) throw new LinkonceError('this kernel gives processes no [vdso]');
  return line;
}

/** Gives the registers back after an action that uses them. */
export function lend<T>(tracee: Tracee, action: () => T): T {
  const saved = tracee.registers();
  const result = action();
  tracee.setRegisters(saved);
  return result;
}

/** A signal that arrives meanwhile is sent again when the call is done. */
function runSyscall(tracee: Tracee, at: Address, number: number, args: readonly (number | bigint)[]): bigint {
  const registers = tracee.registers();
  registers.set(registerFor.counter, at);
  registers.set(registerFor.callNumber, number);
  // No restart of an interrupted call: the tracee may be stopped after one.
  registers.set(registerFor.asked, -1);
  args.forEach((value, index) => {
    registers.set(argumentRegisters[index] ?? 'r9', value);
  });
  tracee.setRegisters(registers);
  const signals: number[] = [];
  for (let sides = 0; sides < 2;) {
    const stop = tracee.toSyscall();
    if (stop.kind === 'syscall') sides++;
    else if (stop.kind === 'signal') signals.push(stop.signal);
    else throw new Error(`injected system call ${String(number)}: ${stop.kind}`);
  }
  for (const signal of signals) tracee.signal(signal);
  return BigInt.asIntN(64, tracee.registers().get(registerFor.result));
}
