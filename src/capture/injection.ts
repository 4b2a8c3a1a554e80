/**
 * Makes a stopped tracee execute single instructions that stand in its memory: the vdso has a `syscall` and a `rdtsc`, the
 * linker a `cpuid`. The instruction pointer is lent to them and given back.
 */
import type { Address } from '../util/units.ts';
import { hex } from '../util/units.ts';
import type { Processor } from './capture.ts';
import type { SyscallInjector } from './inject-syscall.ts';
import { createSyscallInjector, findInVdso, lend } from './inject-syscall.ts';
import { plantInt3 } from './int3.ts';
import type { Register, Registers, Tracee } from './ptrace.ts';

const instructions = { rdtsc: '0f31', cpuid: '0fa2', xgetbv: '0f01d0' } as const;
type Instruction = keyof typeof instructions;

export interface Injector {
  readonly syscall: SyscallInjector;
  /** Reads the time stamp counter as the tracee sees it. */
  ticks(): bigint;
}

/** Throws LinkonceError where the tracee's vdso lacks the instructions. */
export function createInjector(tracee: Tracee): Injector {
  const rdtscAt = findInVdso(tracee, instructions.rdtsc);
  return {
    syscall: createSyscallInjector(tracee),
    ticks: () => lend(tracee, () => wide(execute(tracee, 'rdtsc', rdtscAt, {}))),
  };
}

/** Leaves that hold features which code is chosen by: Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E. */
const leaves = [
  [1, 0],
  [7, 0],
  [0x8000_0001, 0],
] as const;

/**
 * Asks the processor by the linker's own instructions; `code` is its text and `start` where that is. Undefined where it
 * has no cpuid: then it cannot have chosen anything by it.
 */
export function readProcessor(tracee: Tracee, start: Address, code: Buffer): Processor | undefined {
  const cpuidAt = code.indexOf(instructions.cpuid, 'hex');
  const xgetbvAt = code.indexOf(instructions.xgetbv, 'hex');
  if (cpuidAt < 0) return undefined;
  return lend(tracee, () => ({
    answers: leaves.map(([leaf, subleaf]) => {
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
  instruction: Instruction,
  at: Address,
  values: Partial<Record<Register, number>>,
): Registers {
  const int3 = plantInt3(tracee, at + instructions[instruction].length / 2);
  const registers = tracee.registers();
  registers.set('rip', at);
  registers.set('orig_rax', -1);
  for (const [name, value] of Object.entries(values)) registers.set(name as Register, value);
  tracee.setRegisters(registers);
  const stop = tracee.resume();
  if (stop.kind !== 'trap' || !int3.takeBack())
    throw new Error(`${instruction} at ${hex(at)} ended with ${stop.kind}`);
  return tracee.registers();
}
