/**
 * An int3 in a tracee's code. It works wherever a debugger does, but makes the page the process's own. What it costs is given
 * back: the byte, the counter, and the page, where that was the file's before.
 */
import { trapCode } from '../machine/instructions.ts';
import { registerFor } from '../machine/registers.ts';
import { systemCall } from '../machine/system-calls.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundDown } from '../util/units.ts';
import { createSyscallInjector } from './inject-syscall.ts';
import { readMaps } from './memory-map.ts';
import { PageMap } from './page-map.ts';
import type { Tracee } from './ptrace.ts';

/** asm-generic/mman-common.h */
const dontNeed = 4;

export interface Int3 {
  /**
   * Whether the tracee, which a SIGTRAP has just stopped, stands right behind the int3. Then everything is as if that had
   * never been there, and the tracee is before the instruction.
   */
  takeBack(): boolean;
}

/** `address` is mapped. Throws LinkonceError where the tracee's code may not be written to. */
export function plantInt3(tracee: Tracee, address: Address): Int3 {
  const page = roundDown(address);
  const wasOfFile = isOfFile(tracee.pid, page);
  const original = tracee.read(page, pageSize);
  tracee.write(address, trapCode);
  return {
    takeBack() {
      const registers = tracee.registers();
      if (registers.number(registerFor.counter) !== address + trapCode.length) return false;
      registers.set(registerFor.counter, address);
      tracee.setRegisters(registers);
      tracee.write(address, original.subarray(address - page, address - page + trapCode.length));
      // The linker may have relocated the page meanwhile.
      if (wasOfFile && tracee.read(page, pageSize).equals(original)) dropCopy(tracee, page);
      return true;
    },
  };
}

/** Whether the process can have a page anew from its file: it has not written to it. */
function isOfFile(pid: number, page: Address): boolean {
  const line = readMaps(pid).find(({ start, end }) => page >= start && page < end);
  if (line === undefined || !/^(\/|\[vdso\])/.test(line.name)) return false;
  try {
    const pages = new PageMap(pid);
    const { notOfFile } = pages.read(page, page + pageSize);
    pages.close();
    return notOfFile.length === 0;
  } catch {
    return false;
  }
}

/** Where the kernel refuses, the page stays the process's own, with the bytes of the file. */
function dropCopy(tracee: Tracee, page: Address): void {
  createSyscallInjector(tracee)(systemCall.madvise, page, pageSize, dontNeed);
  // The instruction that comes next is of this page: it is there, as it would be without us.
  tracee.read(page, 1);
}
