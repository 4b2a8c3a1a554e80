/**
 * The launcher: a small ELF file of one segment with the loader's code and the trailer that leads it to its image.
 * ET_DYN without PT_INTERP, so that the kernel places it away from everything and puts the break where it would be for
 * a position-independent program.
 */
import type { ProgramFacts } from '../program/facts.ts';
import { roundUp } from '../util/units.ts';
import type { Address } from '../util/units.ts';
import { launcherFlags, launcherMagic, launcherTrailer, planVersion, structureSize } from './plan-layout.ts';
import { decodeStructure, encodeStructure } from './structure-codec.ts';

export interface LauncherTarget {
  readonly imagePath: string;
  readonly planAddress: Address;
  readonly tablesSize: number;
  /** Bytes of the image that are mapped at the plan's address. */
  readonly headSize: number;
  readonly checksum: bigint;
  /** Whether the launcher is the PT_INTERP of a copy of the program. */
  readonly interpreter: boolean;
  /** Whether a range that is taken ends the start with an error. */
  readonly endOnCollision: boolean;
}

const elfHeaderSize = 64;
const programHeaderSize = 56;
const codeOffset = 0x100;
const PT = { load: 1, gnuStack: 0x6474e551 };

/** The launcher's bytes. `loader` is native/loader.bin, whose end is a multiple of 16. */
export function launcherFile(loader: Buffer, facts: ProgramFacts, target: LauncherTarget): Buffer {
  const trailer = encodeTrailer(facts, target);
  const bytes = Buffer.alloc(codeOffset + loader.length + trailer.length);
  const stack = facts.stackFlags;
  writeElfHeader(bytes, stack === undefined ? 1 : 2);
  writeSegment(bytes, elfHeaderSize, PT.load, 5, bytes.length, 4096);
  if (stack !== undefined) writeSegment(bytes, elfHeaderSize + programHeaderSize, PT.gnuStack, stack, 0, 16);
  loader.copy(bytes, codeOffset);
  trailer.copy(bytes, codeOffset + loader.length);
  return bytes;
}

/** ELF specification, 'ELF Header'. */
function writeElfHeader(bytes: Buffer, segments: number): void {
  bytes.write('7f454c46020101', 0, 'hex'); // magic, ELFCLASS64, ELFDATA2LSB, EV_CURRENT
  bytes.writeUInt16LE(3, 16); // e_type: ET_DYN
  bytes.writeUInt16LE(62, 18); // e_machine: EM_X86_64
  bytes.writeUInt32LE(1, 20); // e_version
  bytes.writeBigUInt64LE(BigInt(codeOffset), 24); // e_entry
  bytes.writeBigUInt64LE(BigInt(elfHeaderSize), 32); // e_phoff
  bytes.writeUInt16LE(elfHeaderSize, 52); // e_ehsize
  bytes.writeUInt16LE(programHeaderSize, 54); // e_phentsize
  bytes.writeUInt16LE(segments, 56); // e_phnum
}

/** ELF specification, 'Program Header': a segment from the file's start, at address 0. */
function writeSegment(
  bytes: Buffer,
  at: number,
  type: number,
  flags: number,
  size: number,
  alignment: number,
): void {
  bytes.writeUInt32LE(type, at);
  bytes.writeUInt32LE(flags, at + 4);
  bytes.writeBigUInt64LE(BigInt(size), at + 32); // p_filesz
  bytes.writeBigUInt64LE(BigInt(size), at + 40); // p_memsz
  bytes.writeBigUInt64LE(BigInt(alignment), at + 48);
}

function encodeTrailer(facts: ProgramFacts, target: LauncherTarget): Buffer {
  const head = structureSize(launcherTrailer);
  const texts = [target.imagePath, facts.path, facts.interpreter.path, facts.invocation];
  const strings = texts.map((text) => Buffer.from(`${text}\0`));
  const [image = 0, original = 0, interpreter = 0, invocation = 0] = strings.map((_, index) =>
    strings.slice(0, index).reduce((sum, each) => sum + each.length, head),
  );
  const size = roundUp(head + Buffer.concat(strings).length, 8);
  const bytes = Buffer.alloc(size);
  Buffer.concat(strings).copy(bytes, head);
  const values = {
    magic: launcherMagic,
    plan_address: target.planAddress,
    tables_size: target.tablesSize,
    head_size: target.headSize,
    checksum: target.checksum,
    version: planVersion,
    flags:
      (target.interpreter ? launcherFlags.interpreter : 0) |
      (target.endOnCollision ? launcherFlags.endOnCollision : 0),
    image_path: image,
    program_path: original,
    interpreter_path: interpreter,
    invocation_path: invocation,
    reserved: 0,
    size,
  };
  encodeStructure(launcherTrailer, values, bytes, 0);
  return bytes;
}

/**
 * A launcher for another image of the same program, whose path is as long and whose memory is the same. Throws Error where
 * it is not, or the bytes are no launcher's.
 */
export function patchLauncher(
  launcher: Buffer,
  { checksum, imagePath }: { readonly checksum: bigint; readonly imagePath: string },
): Buffer {
  const { bytes, at, trailer } = copyWithTrailer(launcher);
  const path = at + Number(trailer.image_path);
  const text = Buffer.from(`${imagePath}\0`);
  if (bytes.indexOf(0, path) !== path + text.length - 1) throw new Error('the path has another length');
  text.copy(bytes, path);
  encodeStructure(launcherTrailer, { ...trailer, checksum }, bytes, at);
  return bytes;
}

/** The same launcher, which only says whether it would be used. Throws Error where the bytes are no launcher's. */
export function askingLauncher(launcher: Buffer): Buffer {
  const { bytes, at, trailer } = copyWithTrailer(launcher);
  const flags = trailer.flags | BigInt(launcherFlags.onlyAsked);
  encodeStructure(launcherTrailer, { ...trailer, flags }, bytes, at);
  return bytes;
}

/** Whether a file has a launcher's code and trailer. */
export function hasTrailer(bytes: Buffer): boolean {
  return findTrailer(bytes) >= 0;
}

function findTrailer(bytes: Buffer): number {
  const magic = Buffer.alloc(8);
  magic.writeBigUInt64LE(launcherMagic);
  return bytes.lastIndexOf(magic);
}

function copyWithTrailer(launcher: Buffer) {
  const bytes = Buffer.from(launcher);
  const at = findTrailer(bytes);
  if (at < 0) throw new Error('no launcher');
  return { bytes, at, trailer: decodeStructure(launcherTrailer, bytes, at) };
}
