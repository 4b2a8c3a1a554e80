/** What a reader must know of the machine to judge the figures. */
import { cpus, release, totalmem } from 'node:os';
import koffi from 'koffi';
import type { Machine } from './measurement.ts';

/** Facts of this machine, from uname(2), /proc/cpuinfo and sysinfo(2). */
export function readMachine(): Machine {
  const processors = cpus();
  return {
    kernel: `Linux ${release()}`,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryKb: Math.round(totalmem() / 1024),
    libc: libc(),
    node: process.version,
  };
}

/**
 * The C library that Node itself runs on: `glibc 2.36` (gnu_get_libc_version(3)), or `musl`, which tells no version. Node's own
 * report would wait for all threads, and one that serves a file system never comes.
 */
function libc(): string {
  try {
    const version = koffi.load(null).func('const char *gnu_get_libc_version(void)') as () => string;
    return `glibc ${version()}`;
  } catch {
    return 'musl';
  }
}
