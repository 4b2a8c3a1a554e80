/**
 * Becomes another program, as `exec` of a shell does: same process, same terminal, and no Node that stays behind.
 * The program's signals, job control and exit status are thus its own. What Node changed of the process for itself, and
 * execve would pass on, is undone: see `PlatformInit` of its node.cc, and `uv_disable_stdio_inheritance` of libuv.
 */
import koffi from 'koffi';
import { LinkonceError } from '../util/errors.ts';

/** What `./linkonce` noted before it started Node: the soft limit of open files, then the open descriptors. */
const noted = 'LINKONCE_START';
/** Signals that Node ignores. */
const ignored = { SIGPIPE: 13, SIGXFSZ: 25 };
/** fcntl.h, sys/resource.h */
const setDescriptorFlags = 2;
const openFiles = 7;
/** ENOEXEC of asm-generic/errno-base.h. */
const noExecutable = 8;

const libc = koffi.load(null);

/** Replaces this process. Returns only by throwing: when the file cannot be executed. */
export function execute(file: string, argv: readonly string[], environment: NodeJS.ProcessEnv): never {
  const [limit = '', ...descriptors] = (process.env[noted] ?? ' 0 1 2').split(' ');
  const variables = Object.entries(environment).filter(([name]) => name !== noted);
  keepDescriptors(descriptors.map(Number));
  if (/^\d+$/.test(limit)) limitOpenFiles(BigInt(limit));
  restoreSignals();
  const execve = libc.func('int execve(const char *path, const char **argv, const char **envp)');
  const texts = [...variables.map(([name, value]) => `${name}=${value ?? ''}`), null];
  execve(file, [...argv, null], texts);
  // A script without `#!`, as execvp(3) has it.
  if (koffi.errno() === noExecutable) execve('/bin/sh', ['sh', file, ...argv.slice(1), null], texts);
  const strerror = libc.func('const char *strerror(int number)');
  throw new LinkonceError(`${file}: ${String(strerror(koffi.errno()))}`);
}

/** Clears FD_CLOEXEC, which Node sets on every descriptor that it finds. */
function keepDescriptors(descriptors: readonly number[]): void {
  const fcntl = libc.func('int fcntl(int descriptor, int command, int flags)');
  for (const descriptor of descriptors) fcntl(descriptor, setDescriptorFlags, 0);
}

/** Node raises the soft limit to the hard one. */
function limitOpenFiles(soft: bigint): void {
  const limits = Buffer.alloc(16);
  libc.func('int getrlimit(int resource, void *limits)')(openFiles, limits);
  limits.writeBigUInt64LE(soft, 0);
  libc.func('int setrlimit(int resource, const void *limits)')(openFiles, limits);
}

function restoreSignals(): void {
  const signal = libc.func('void *signal(int number, intptr_t handler)');
  for (const number of Object.values(ignored)) signal(number, 0);
}
