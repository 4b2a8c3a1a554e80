/**
 * The handoff point: where the linker has relocated everything and no constructor has run.
 *
 * glibc: ld.so's ELF entry calls `_dl_start`, which returns the program's entry; what follows is the start of
 * the constructors. The instruction after that call is the point (dl-machine.h, RTLD_START). The frames
 * of the linker are gone there and the stack pointer is the kernel's.
 *
 * musl: the linker jumps to the program's entry with the kernel's stack pointer, and `__libc_start_main` runs the
 * constructors; the entry is the point (ldso/dynlink.c, CRTJMP).
 */
import { PT } from '../elf/constants.ts';
import { behindFirstCall } from '../machine/instructions.ts';
import type { Module, Program } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import type { Vaddr } from '../util/units.ts';

/** Where the handoff point is: in which module, and where in it. */
export interface HandoffPoint {
  readonly module: Module;
  readonly address: Vaddr;
}

/** Throws Refusal where the linker's entry is not of the known form. */
export function findHandoff(program: Program): HandoffPoint {
  if (program.libc === 'musl')
    return { module: program.executable, address: program.executable.elf.header.entry };
  return { module: program.interpreter, address: afterDlStart(program.interpreter) };
}

function afterDlStart(linker: Module): Vaddr {
  const { entry } = linker.elf.header;
  const segment = linker.elf.segments.find(
    (s) => s.type === PT.LOAD && entry >= s.address && entry < s.address + s.fileSize,
  );
  const start = segment ? entry - segment.address + segment.offset : linker.elf.bytes.length;
  const behind = behindFirstCall(linker.elf.bytes.subarray(start, start + 32));
  if (behind === undefined)
    throw new Refusal(`${linker.path}: its entry does not call _dl_start in a known way`);
  return entry + behind;
}
