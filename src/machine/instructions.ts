/** Machine code that is lent, planted, or recognised in the linker. Encodings: Intel SDM volume 2. */

/** Instructions that stand in a process already, in hexadecimal: it executes one of them for us. */
export const lentCode = {
  systemCall: '0f05', // syscall
  ticks: '0f31', // rdtsc
  cpuid: '0fa2',
  xgetbv: '0f01d0',
  return: 'c3',
} as const;
export type LentInstruction = keyof typeof lentCode;

/** Leaves of cpuid that hold features which code is chosen by: Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E. */
export const cpuidLeaves = [
  [1, 0],
  [7, 0],
  [0x8000_0001, 0],
] as const;

/** `mmap` of the linker, where it calls the kernel and looks whether that failed: mov $9,%eax; syscall; cmp $-4096,%rax. */
export const mappingCall = 'b8090000000f05483d00f0ffff';

/** mov $number,%eax; syscall. */
export function callOf(number: number): string {
  const code = Buffer.from('b8000000000f05', 'hex');
  code.writeUInt32LE(number, 1);
  return code.toString('hex');
}

/** In its place: movabs $target,%rax; call *%rax; nop. Who is called sets the flags as the comparison does. */
export function callInPlace(target: bigint): Buffer {
  const code = Buffer.from('48b80000000000000000ffd090', 'hex');
  code.writeBigUInt64LE(target, 2);
  return code;
}

/** int3. The counter stands behind it when it has trapped. */
export const trapCode: Buffer = Buffer.of(0xcc);

/** What may stand before the linker's first call, in any order. */
const beforeCall = [
  Buffer.from('f30f1efa', 'hex'), // endbr64
  Buffer.from('4889e7', 'hex'), // mov %rsp, %rdi
  Buffer.from('31ed', 'hex'), // xor %ebp, %ebp
];
const call = 0xe8;
const callLength = 5;

/** How far into `code`, the linker's entry, its first call returns (glibc's RTLD_START); undefined for another form. */
export function behindFirstCall(code: Buffer): number | undefined {
  let at = 0;
  while (code[at] !== call) {
    const rest = code.subarray(at);
    const known = beforeCall.find((bytes) => rest.subarray(0, bytes.length).equals(bytes));
    if (!known) return undefined;
    at += known.length;
  }
  return at + callLength;
}

/** How far behind the end of `rdtsc` a store may end, bytes: the halves are joined, and an earlier time is subtracted. */
const reach = 48;
/** REX.W with any register, `mov %reg,disp32(%rip)` or `add %reg,disp32(%rip)`. */
const rexW: ReadonlySet<number> = new Set([0x48, 0x4c]);
const storing: ReadonlySet<number> = new Set([0x89, 0x01]);
const storeLength = 7;

/** Where `code` stores what it reads of the time stamp counter, from its beginning. What is no store by chance holds no time. */
export function clockStores(code: Buffer): number[] {
  const targets: number[] = [];
  for (
    let at = code.indexOf(lentCode.ticks, 'hex');
    at >= 0;
    at = code.indexOf(lentCode.ticks, at + 1, 'hex')
  )
    targets.push(...storesBehind(code, at + lentCode.ticks.length / 2));
  return targets;
}

function storesBehind(code: Buffer, from: number): number[] {
  const targets: number[] = [];
  for (let at = from; at + storeLength <= Math.min(from + reach, code.length); at++) {
    const [rex = 0, opcode = 0, operand = 0] = code.subarray(at, at + 3);
    const isStore = rexW.has(rex) && storing.has(opcode) && (operand & 0xc7) === 0x05;
    if (isStore) targets.push(at + storeLength + code.readInt32LE(at + 3));
  }
  return targets;
}
