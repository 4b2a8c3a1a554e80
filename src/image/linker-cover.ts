/**
 * What stands in the way of a debugger that starts a program in interpreter mode. It believes that AT_BASE is the base of the
 * linker that the program's section `.interp` names, and writes breakpoints where that linker would tell of libraries (gdb
 * solib-svr4.c, enable_break): amid the loader's code, if that stood there. So the loader's file begins with a hole as large as the
 * linker, and its code stands behind it. Where something appears in the hole at one of these places there is a debugger: it knows
 * nothing of an image, and gets the program as it is.
 */
import { PT, SHT } from '../elf/constants.ts';
import type { ElfFile } from '../elf/elf-file.ts';
import { readNotes } from '../elf/notes.ts';
import { symbolName } from '../elf/symbol-name.ts';
import { pageSize, roundUp } from '../util/units.ts';

export interface LinkerCover {
  /** Whole pages. */
  readonly size: number;
  /** Places from the linker's base: of the function that tells of libraries, and of the probe; 0 where there is none. */
  readonly watchedFunction: number;
  readonly watchedProbe: number;
}

export function linkerCover(linker: ElfFile): LinkerCover {
  const ends = linker.segments
    .filter(({ type }) => type === PT.LOAD)
    .map(({ address, memorySize }) => address + memorySize);
  const index = linker.symbols.find(symbolName('_dl_debug_state'), () => true);
  return {
    size: roundUp(Math.max(...ends), pageSize),
    watchedFunction: index === 0 ? 0 : linker.symbols.at(index).value,
    watchedProbe: probeOf(linker),
  };
}

/** SystemTap's notes (sys/sdt.h, version 3): the address, two more, then the provider, the name and the arguments. */
function probeOf({ path, bytes, sections }: ElfFile): number {
  const section = sections.find(({ name, type }) => name === '.note.stapsdt' && type === SHT.NOTE);
  if (section === undefined) return 0;
  const { offset, address, size, alignment } = section;
  const segment = { type: PT.NOTE, flags: 0, offset, address, fileSize: size, memorySize: size, alignment };
  const probe = readNotes(path, bytes, [segment]).find(
    ({ name, descriptor }) =>
      name === 'stapsdt' && descriptor.toString('latin1', 24).startsWith('rtld\0init_start\0'),
  );
  return probe === undefined ? 0 : Number(probe.descriptor.readBigUInt64LE(0));
}
