/**
 * Makes a stopped tracee execute single instructions that stand in its memory: the vdso has a `syscall` and a `rdtsc`, the
 * linker a `cpuid`. The instruction pointer is lent to them and given back.
 */
import { cpuidLeaves, lentCode, type LentInstruction } from '../machine/instructions.ts';
import { registerFor, type Register } from '../machine/registers.ts';
import type { Address } from '../util/units.ts';
import { hex } from '../util/units.ts';
import type { Processor } from './capture.ts';
import type { SyscallInjector } from './inject-syscall.ts';
import { createSyscallInjector, findInVdso, lend } from './inject-syscall.ts';
import { plantInt3 } from './int3.ts';
import type { Registers, Tracee } from './ptrace.ts';

export interface Injector {
  readonly syscall: SyscallInjector;
  /** Reads the time stamp counter as the tracee sees it. */
  ticks(): bigint;
}

/** Throws LinkonceError where the tracee's vdso lacks the lentCode. */
export function createInjector(tracee: Tracee): Injector {
  const ticksAt = findInVdso(tracee, lentCode.ticks);
  return {
    syscall: createSyscallInjector(tracee),
    ticks: () => lend(tracee, () => wide(execute(tracee, 'ticks', ticksAt, {}))),
  };
}

/**
 * Asks the processor by the linker's own instructions; `code` is its text and `start` where that is. Undefined where it
 * has no cpuid: then it cannot have chosen anything by it.
 */
export function readProcessor(tracee: Tracee, start: Address, code: Buffer): Processor | undefined {
  const cpuidAt = code.indexOf(lentCode.cpuid, 'hex');
  const xgetbvAt = code.indexOf(lentCode.xgetbv, 'hex');
  if (cpuidAt < 0) return undefined;
  return lend(tracee, () => ({
    answers: cpuidLeaves.map(([leaf, subleaf]) => {
      const after = execute(tracee, 'cpuid', start + cpuidAt, { rax: leaf, rcx: subleaf });
      const half = (name: Register): number => Number(after.get(name) & 0xffff_ffffn);
      return { leaf, subleaf, eax: half('rax'), ebx: half('rbx'), ecx: half('rcx'), edx: half('rdx') };
    }),
    xcr0: xgetbvAt < 0 ? 0n : wide(execute(tracee, 'xgetbv', start + xgetbvAt, { rcx: 0 })),
  }));
}

function wide(registers: Registers): bigint {
  return ((registers.get('rdx') & 0xffff_ffffn) << 32n) | (registers.get('rax') & 0xffff_ffffn);
}

/**
 * Executes the one instruction at `at`, with some registers set. A hypervisor may emulate it, and a single step then ends one
 * instruction late; the int3 behind it does not.
 */
function execute(
  tracee: Tracee,
  instruction: LentInstruction,
  at: Address,
  values: Partial<Record<Register, number>>,
): Registers {
  const int3 = plantInt3(tracee, at + lentCode[instruction].length / 2);
  const registers = tracee.registers();
  registers.set(registerFor.counter, at);
  registers.set(registerFor.asked, -1);
  for (const [name, value] of Object.entries(values)) registers.set(name as Register, value);
  tracee.setRegisters(registers);
  const stop = tracee.resume();
  if (stop.kind !== 'trap' || !int3.takeBack())
    throw new Error(`${instruction} at ${hex(at)} ended with ${stop.kind}`);
  return tracee.registers();
}
