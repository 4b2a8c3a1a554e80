/** Reads what is particular to one process from its initial stack (psABI, _Process Initialization_) and its vdso. */
import { PT } from '../elf/constants.ts';
import { registerFor } from '../machine/registers.ts';
import type { Variables } from '../program/environment.ts';
import { LinkonceError } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import type { Context, Range } from './capture.ts';
import { readMaps } from './memory-map.ts';
import type { Tracee } from './ptrace.ts';

/** Auxiliary vector types of linux/auxvec.h that linkonce reads. */
export const AT = {
  null: 0,
  phdr: 3,
  phent: 4,
  phnum: 5,
  pageSize: 6,
  base: 7,
  flags: 8,
  entry: 9,
  platform: 15,
  hwcap: 16,
  clockTicks: 17,
  secure: 23,
  random: 25,
  hwcap2: 26,
  execfn: 31,
  sysinfoEhdr: 33,
  minSigStackSize: 51,
} as const;

/** All of `Context` that is known before the linker runs. */
export type InitialContext = Omit<Context, 'ticks' | 'programBreak' | 'processor' | 'drawn' | 'stackLimit'>;

/** `tracee` is stopped at its first instruction, with these of the linker's variables set. */
export function readContext(tracee: Tracee, variables: Variables): InitialContext {
  const maps = readMaps(tracee.pid);
  const range = (name: string): Range => {
    const line = maps.find((m) => m.name === name);
    if (!line) throw new LinkonceError(`this kernel gives processes no ${name}`);
    return { start: line.start, end: line.end };
  };
  const stack = range('[stack]');
  const vdso = range('[vdso]');
  const stackPointer = tracee.registers().number(registerFor.stackPointer);
  const words = tracee.read(stackPointer, stack.end - stackPointer);
  const vectors = readVectors(words, stackPointer);
  return {
    stackPointer,
    stack,
    ...vectors,
    variables: variables.map((text) => findText(words, stackPointer, text)),
    random: tracee.read(Number(present(vectors.auxiliary.get(AT.random), 'AT_RANDOM')), 16),
    vdso,
    vdsoNotes: readNotes(tracee.read(vdso.start, vdso.end - vdso.start)),
    threadId: tracee.pid,
  };
}

type Vectors = Pick<Context, 'argc' | 'argv' | 'envp' | 'auxv' | 'auxiliary' | 'auxiliaryOffsets'>;

function readVectors(words: Buffer, stackPointer: Address): Vectors {
  const word = (index: number): bigint => words.readBigUInt64LE(index * 8);
  const argc = Number(word(0));
  let index = argc + 2;
  while (word(index) !== 0n) index++;
  const first = index + 1;
  const auxiliary = new Map<number, bigint>();
  const auxiliaryOffsets = new Map<number, number>();
  for (let at = first; word(at) !== 0n; at += 2) {
    auxiliary.set(Number(word(at)), word(at + 1));
    auxiliaryOffsets.set(Number(word(at)), (at + 1 - first) * 8);
  }
  return {
    argc,
    argv: stackPointer + 8,
    envp: stackPointer + 8 * (argc + 2),
    auxv: stackPointer + 8 * first,
    auxiliary,
    auxiliaryOffsets,
  };
}

/** A variable among the strings of the stack: a whole one, behind the end of another. */
function findText(stack: Buffer, stackPointer: Address, text: string): Range {
  const bytes = Buffer.from(`\0${text}\0`);
  const at = stack.lastIndexOf(bytes);
  if (at < 0) throw new LinkonceError('a variable of its linker is not in its environment');
  return { start: stackPointer + at + 1, end: stackPointer + at + bytes.length };
}

/** The first PT_NOTE segment of an ELF image in memory (the vdso is one page-aligned segment). */
function readNotes(image: Buffer): Buffer {
  const table = Number(image.readBigUInt64LE(32));
  const [size, count] = [image.readUInt16LE(54), image.readUInt16LE(56)];
  for (let index = 0; index < count; index++) {
    const at = table + index * size;
    if (image.readUInt32LE(at) !== PT.NOTE) continue;
    const offset = Number(image.readBigUInt64LE(at + 8));
    return image.subarray(offset, offset + Number(image.readBigUInt64LE(at + 32)));
  }
  throw new LinkonceError("this kernel's vdso has no notes");
}
