/**
 * Makes a stopped tracee execute single instructions of ours without writing to its memory: the vdso has a `syscall`
 * and a `rdtsc` in its text, so the instruction pointer is lent to them and given back.
 */
import { LinkonceError } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { hex } from '../util/units.ts';
import type { Range } from './capture.ts';
import type { Register, Tracee } from './ptrace.ts';

const syscallBytes = Buffer.from([0x0f, 0x05]);
const rdtscBytes = Buffer.from([0x0f, 0x31]);
const argumentRegisters: readonly Register[] = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'];

export interface Injector {
  /** Runs a system call; answers its result, negative errno as the kernel gives it. */
  syscall(number: number, ...args: (number | bigint)[]): bigint;
  /** Reads the time stamp counter as the tracee sees it. */
  ticks(): bigint;
}

/** `vdso` is the tracee's vdso, `code` its bytes. Throws LinkonceError where it lacks the instructions. */
export function createInjector(tracee: Tracee, vdso: Range, code: Buffer): Injector {
  const find = (bytes: Buffer, name: string): Address => {
    const at = code.indexOf(bytes);
    if (at < 0) throw new LinkonceError(`this kernel's vdso has no ${name} instruction`);
    return vdso.start + at;
  };
  const syscallAt = find(syscallBytes, 'syscall');
  const rdtscAt = find(rdtscBytes, 'rdtsc');
  return {
    syscall: (number, ...args) => lend(tracee, () => runSyscall(tracee, syscallAt, number, args)),
    ticks: () => lend(tracee, () => runRdtsc(tracee, rdtscAt)),
  };
}

function lend<T>(tracee: Tracee, action: () => T): T {
  const saved = tracee.registers();
  const result = action();
  tracee.setRegisters(saved);
  return result;
}

function runSyscall(tracee: Tracee, at: Address, number: number, args: readonly (number | bigint)[]): bigint {
  const registers = tracee.registers();
  registers.set('rip', at);
  registers.set('rax', number);
  // No restart of an interrupted call: the tracee may be stopped after one.
  registers.set('orig_rax', -1);
  args.forEach((value, index) => {
    registers.set(argumentRegisters[index] ?? 'r9', value);
  });
  tracee.setRegisters(registers);
  for (let side = 0; side < 2; side++) {
    const stop = tracee.toSyscall();
    if (stop.kind !== 'syscall') throw new Error(`injected system call ${String(number)}: ${stop.kind}`);
  }
  return BigInt.asIntN(64, tracee.registers().get('rax'));
}

function runRdtsc(tracee: Tracee, at: Address): bigint {
  const registers = tracee.registers();
  registers.set('rip', at);
  registers.set('orig_rax', -1);
  tracee.setRegisters(registers);
  const stop = tracee.step();
  if (stop.kind !== 'trap') throw new Error(`rdtsc at ${hex(at)}: ${stop.kind}`);
  const after = tracee.registers();
  return ((after.get('rdx') & 0xffffffffn) << 32n) | (after.get('rax') & 0xffffffffn);
}
