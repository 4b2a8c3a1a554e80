/** What a reader must know of the machine to judge the figures. */
import { cpus, release, totalmem } from 'node:os';
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

/** The C library that Node itself runs on: `glibc 2.36`, or `musl`, which tells no version there. */
function libc(): string {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const version = report.header?.glibcVersionRuntime;
  return version === undefined ? 'musl' : `glibc ${version}`;
}
