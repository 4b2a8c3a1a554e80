/** Trying what the kernel permits to this process, without leaving a trace. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const systemCall = libc.func('long syscall(long number, long a, long b, long c, long d, long e)');
const prctlNumber = libc.func('int prctl(int option, long a, long b, long c, long d)');
const prctlBuffer = libc.func('int prctl(int option, long a, const void *b, long c, long d)');
const strerror = libc.func('const char *strerror(int number)');

// asm/unistd_64.h, linux/ptrace.h, linux/prctl.h, asm-generic/errno-base.h
const call = { close: 3, brk: 12, ptrace: 101, userfaultfd: 323 };
const ptraceSeize = 0x4206;
const prctlSetMemory = 35;
const memory = { exeFile: 13, map: 14 };
const memoryMapSize = 104;
const errorBusy = 16;
const userModeOnly = 1;

/** Bits of CapEff, by linux/capability.h. */
const capabilities = { SYS_PTRACE: 19, SYS_ADMIN: 21, PERFMON: 38 };

/** Seizes a child. undefined when that worked, else why not. */
export function tryPtrace(): string | undefined {
  const child = spawn('/bin/sh', ['-c', 'read line'], { stdio: ['pipe', 'ignore', 'ignore'] });
  if (child.pid === undefined) return 'no child could be started';
  const result = systemCall(call.ptrace, ptraceSeize, child.pid, 0, 0, 0) as number;
  const failure = result === 0 ? undefined : lastError();
  child.kill('SIGKILL');
  return failure;
}

/**
 * Asks for the exe link of this very process, by both ways of prctl(2). With the permission the kernel answers EBUSY,
 * for the present file is mapped; without, EPERM. PR_SET_MM_EXE_FILE wants CAP_SYS_RESOURCE, PR_SET_MM_MAP
 * CAP_CHECKPOINT_RESTORE.
 */
export function tryExeLink(): string | undefined {
  const file = openSync('/proc/self/exe', 'r');
  try {
    const errors = [
      setMemory(memory.exeFile, file, 0),
      setMemory(memory.map, memoryMap(file), memoryMapSize),
    ];
    return errors.some((errno) => errno === 0 || errno === errorBusy)
      ? undefined
      : String(strerror(errors[1]));
  } finally {
    closeSync(file);
  }
}

/** The errno of prctl(PR_SET_MM). */
function setMemory(what: number, argument: number | Buffer, size: number): number {
  const prctl = typeof argument === 'number' ? prctlNumber : prctlBuffer;
  return prctl(prctlSetMemory, what, argument, size, 0) === 0 ? 0 : koffi.errno();
}

/** struct prctl_mm_map with what this process has, and an exe file. */
function memoryMap(exeFile: number): Buffer {
  const map = Buffer.alloc(memoryMapSize);
  const text = readFileSync('/proc/self/stat', 'latin1');
  // proc_pid_stat(5): field 3 is the first behind the name's parenthesis.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): bigint => BigInt(fields[number - 3] ?? 0);
  const breakNow = systemCall(call.brk, 0, 0, 0, 0, 0) as number;
  const words = [26, 27, 45, 46, 47].map(field).concat(BigInt(breakNow), [28, 48, 49, 50, 51].map(field));
  words.forEach((word, index) => map.writeBigUInt64LE(word, index * 8));
  map.writeUInt32LE(exeFile, memoryMapSize - 4);
  return map;
}

/** Faults of the kernel count too only for privileged users, or where a sysctl says so. */
export function tryUserfaultfd(): { answer: 'yes' | 'limited' | 'no'; detail: string } {
  if (opensUserfaultfd(0)) return { answer: 'yes', detail: 'userfaultfd(2) is permitted' };
  const failure = lastError();
  if (opensUserfaultfd(userModeOnly)) return { answer: 'limited', detail: 'for faults of user code only' };
  return { answer: 'no', detail: failure };
}

function opensUserfaultfd(flags: number): boolean {
  const descriptor = systemCall(call.userfaultfd, flags, 0, 0, 0, 0) as number;
  if (descriptor < 0) return false;
  systemCall(call.close, descriptor, 0, 0, 0, 0);
  return true;
}

function lastError(): string {
  return String(strerror(koffi.errno()));
}

/** The C library that Node itself runs with. */
export function libcVersion(): string | undefined {
  try {
    return String(libc.func('const char *gnu_get_libc_version()')());
  } catch {
    return undefined;
  }
}

export function hasCapability(name: keyof typeof capabilities): boolean {
  const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${digits}`) >> BigInt(capabilities[name])) & 1n) === 1n;
}

/** The number in a file of /proc/sys; undefined where the kernel has none. */
export function readNumber(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

export function canOpen(file: string, mode: 'r' | 'r+' | 'a'): boolean {
  try {
    closeSync(openSync(file, mode));
    return true;
  } catch {
    return false;
  }
}

/** Whether the kernel's count of every page's users can be read. */
export function canReadPageCounts(): boolean {
  if (!canOpen('/proc/kpagecount', 'r')) return false;
  const file = openSync('/proc/kpagecount', 'r');
  try {
    return readSync(file, Buffer.alloc(8), 0, 8, 0) === 8;
  } catch {
    return false;
  } finally {
    closeSync(file);
  }
}
