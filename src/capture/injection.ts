/**
 * Makes a stopped tracee execute single instructions of ours without writing to its memory: the vdso has a `syscall`
 * and a `rdtsc` in its text, the linker a `cpuid`, so the instruction pointer is lent to them and given back.
 */
import { LinkonceError } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { hex } from '../util/units.ts';
import type { Processor, Range } from './capture.ts';
import type { Register, Registers, Tracee } from './ptrace.ts';

const instructions = { syscall: '0f05', rdtsc: '0f31', cpuid: '0fa2', xgetbv: '0f01d0' } as const;
const argumentRegisters: readonly Register[] = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'];

export interface Injector {
  /** Runs a system call; answers its result, negative errno as the kernel gives it. */
  syscall(number: number, ...args: (number | bigint)[]): bigint;
  /** Reads the time stamp counter as the tracee sees it. */
  ticks(): bigint;
}

/** `vdso` is the tracee's vdso. Throws LinkonceError where it lacks the instructions. */
export function createInjector(tracee: Tracee, vdso: Range): Injector {
  const code = tracee.read(vdso.start, vdso.end - vdso.start);
  const find = (name: 'syscall' | 'rdtsc'): Address => {
    const at = code.indexOf(instructions[name], 'hex');
    if (at < 0) throw new LinkonceError(`this kernel's vdso has no ${name} instruction`);
    return vdso.start + at;
  };
  const [syscallAt, rdtscAt] = [find('syscall'), find('rdtsc')];
  return {
    syscall: (number, ...args) => lend(tracee, () => runSyscall(tracee, syscallAt, number, args)),
    ticks: () => lend(tracee, () => wide(step(tracee, rdtscAt, {}))),
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
      const after = step(tracee, start + cpuidAt, { rax: leaf, rcx: subleaf });
      const half = (name: Register): number => Number(after.get(name) & 0xffff_ffffn);
      return { leaf, subleaf, eax: half('rax'), ebx: half('rbx'), ecx: half('rcx'), edx: half('rdx') };
    }),
    xcr0: xgetbvAt < 0 ? 0n : wide(step(tracee, start + xgetbvAt, { rcx: 0 })),
  }));
}

function wide(registers: Registers): bigint {
  return ((registers.get('rdx') & 0xffff_ffffn) << 32n) | (registers.get('rax') & 0xffff_ffffn);
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

/** Executes the one instruction at `at`, with some registers set. */
function step(tracee: Tracee, at: Address, values: Partial<Record<Register, number>>): Registers {
  const registers = tracee.registers();
  registers.set('rip', at);
  registers.set('orig_rax', -1);
  for (const [name, value] of Object.entries(values)) registers.set(name as Register, value);
  tracee.setRegisters(registers);
  for (;;) {
    const stop = tracee.step();
    if (stop.kind !== 'trap') throw new Error(`an instruction at ${hex(at)} ended with ${stop.kind}`);
    const after = tracee.registers();
    // A step out of a system call (execve is the first) ends before any instruction.
    if (after.number('rip') !== at) return after;
  }
}
