/** The registers of a traced process as ptrace(2) gives them, and what each one is for: shared code asks by that. */

/** struct user_regs_struct of sys/user.h, in its order. */
export const registerNames = [
  'r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi',
  'orig_rax', 'rip', 'cs', 'eflags', 'rsp', 'ss', 'fs_base', 'gs_base', 'ds', 'es', 'fs', 'gs',
] as const; // prettier-ignore
export type Register = (typeof registerNames)[number];

/** System V ABI x86-64, 3.2.3 and A.2.1. */
export const registerFor = {
  /** Address of the next instruction. */
  counter: 'rip',
  stackPointer: 'rsp',
  /** Of a function, and of a system call. */
  result: 'rax',
  /** What the kernel is asked to do; while the call is not done yet, `asked` has it. */
  callNumber: 'rax',
  /** -1 where the kernel must not restart a call. */
  asked: 'orig_rax',
} as const satisfies Readonly<Record<string, Register>>;

/** Of a system call. */
export const argumentRegisters = [
  'rdi',
  'rsi',
  'rdx',
  'r10',
  'r8',
  'r9',
] as const satisfies readonly Register[];

/** Of a function: the first ones. System V ABI x86-64, 3.2.3. */
export const functionArguments = ['rdi', 'rsi', 'rdx'] as const satisfies readonly Register[];

/** The stack pointer is a multiple of it before a call, which pushes the return address. Bytes. */
export const stackAlignment = 16;
/** Below the stack pointer of a function that calls none: it may use them. Bytes. */
export const redZone = 128;

/** offsetof(struct user, u_debugreg) of sys/user.h. */
const debugRegisters = 848;

/** Offset in struct user of the debug register with that number. */
export function debugRegisterOffset(index: number): number {
  return debugRegisters + index * 8;
}

/** Intel SDM volume 3, 18.2. DR7: bit 0 enables the address in DR0, and condition 00 is execution. */
export const breakpointRegisters = { address: 0, control: 7, on: 1, off: 0 } as const;
