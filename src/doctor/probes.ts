/** Trying what the kernel permits to this process, without leaving a trace. */
import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import koffi from 'koffi';
import { systemCall } from '../machine/system-calls.ts';

const libc = koffi.load('libc.so.6');
const callKernel = libc.func('long syscall(long number, long a, long b, long c, long d, long e)');
const prctl = libc.func('int prctl(int option, long a, const void *b, long c, long d)');
const strerror = libc.func('const char *strerror(int number)');

// linux/ptrace.h, linux/prctl.h, asm-generic/errno-base.h
const prctlSetMemory = 35;
const memoryMapOption = 14;
const memoryMapSize = 104;
const errorBusy = 16;

/** Bits of CapEff, by linux/capability.h. */
const capabilities = { SYS_ADMIN: 21 };

/**
 * Why a launcher of this user could not set its exe link; undefined where it could, by its own right or by that of a child in a user
 * namespace (native/finish.h). Below a filter of system calls no launcher makes such a child.
 */
export function tryExeLink(): string | undefined {
  const failure = tryOwnExeLink();
  if (failure === undefined || statusField('Seccomp') !== '0') return failure;
  const hasRights = hasRightsInNamespace();
  if (hasRights === undefined)
    return `${failure}; a user namespace may give the right, but there is no unshare(1) to try that`;
  return hasRights ? undefined : failure;
}

/** util-linux's unshare(1) makes the namespace; some systems let users make one, and give no rights there. Undefined where there is none. */
function hasRightsInNamespace(): boolean | undefined {
  const command = ['--map-root-user', 'chroot', '/', 'true'];
  const { status, error } = spawnSync('unshare', command, { stdio: 'ignore' });
  return error === undefined ? status === 0 : undefined;
}

/**
 * Asks for the exe link of this very process as the loader does, by PR_SET_MM_MAP of prctl(2). With the permission the kernel
 * answers EBUSY, for the present file is mapped; without, EPERM.
 */
function tryOwnExeLink(): string | undefined {
  const file = openSync('/proc/self/exe', 'r');
  try {
    const done = prctl(prctlSetMemory, memoryMapOption, memoryMap(file), memoryMapSize, 0) === 0;
    return done || koffi.errno() === errorBusy ? undefined : String(strerror(koffi.errno()));
  } finally {
    closeSync(file);
  }
}

/** struct prctl_mm_map with what this process has, and an exe file. */
function memoryMap(exeFile: number): Buffer {
  const map = Buffer.alloc(memoryMapSize);
  const text = readFileSync('/proc/self/stat', 'latin1');
  // proc_pid_stat(5): field 3 is the first behind the name's parenthesis.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): bigint => BigInt(fields[number - 3] ?? 0);
  const breakNow = callKernel(systemCall.brk, 0, 0, 0, 0, 0) as number;
  const words = [26, 27, 45, 46, 47].map(field).concat(BigInt(breakNow), [28, 48, 49, 50, 51].map(field));
  words.forEach((word, index) => map.writeBigUInt64LE(word, index * 8));
  map.writeUInt32LE(exeFile, memoryMapSize - 4);
  return map;
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
  const digits = statusField('CapEff') ?? '0';
  return ((BigInt(`0x${digits}`) >> BigInt(capabilities[name])) & 1n) === 1n;
}

export function canOpen(file: string, mode: 'r' | 'r+' | 'a'): boolean {
  try {
    closeSync(openSync(file, mode));
    return true;
  } catch {
    return false;
  }
}

/** A field of this process's status; undefined where there is none. */
export function statusField(name: string): string | undefined {
  const text = readText('/proc/self/status') ?? '';
  return new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(text)?.[1];
}

/** Undefined where the file is not there, or may not be read. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** statvfs(3): ST_NOEXEC of f_flag, which stands behind nine words. */
const noExecution = 8n;
const flagsAt = 72;
const statvfsSize = 112;

/** Whether the file system that a folder is on, or would be, lets nothing be executed. */
export function isNoexec(folder: string): boolean {
  const buffer = Buffer.alloc(statvfsSize);
  if (libc.func('int statvfs(const char *path, void *buffer)')(existingPart(folder), buffer) !== 0)
    return false;
  return (buffer.readBigUInt64LE(flagsAt) & noExecution) !== 0n;
}

export function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The folder itself, or the nearest above it that is there. */
export function existingPart(folder: string): string {
  return existsSync(folder) || path.dirname(folder) === folder ? folder : existingPart(path.dirname(folder));
}

/** RLIMIT_AS of sys/resource.h, bytes; undefined where it is unlimited. */
const addressSpace = 9;

export function addressSpaceLimit(): bigint | undefined {
  const limits = Buffer.alloc(16);
  libc.func('int getrlimit(int resource, void *limits)')(addressSpace, limits);
  const soft = limits.readBigUInt64LE(0);
  return soft === 0xffff_ffff_ffff_ffffn ? undefined : soft;
}
