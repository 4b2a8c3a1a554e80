/**
 * The launcher: a small ELF file of one segment with the loader's code and the trailer that leads it to its image.
 * ET_DYN without PT_INTERP, so that the kernel places it away from everything; the loader moves the break (native/break.h).
 */
import { readFileSync } from 'node:fs';
import { ET, PF, PT } from '../elf/constants.ts';
import { readElf } from '../elf/read-elf.ts';
import { machine } from '../machine/names.ts';
import type { ProgramFacts } from '../program/facts.ts';
import type { FileIdentity } from '../program/program.ts';
import { roundUp } from '../util/units.ts';
import type { Address } from '../util/units.ts';
import { planChecksum } from './checksum.ts';
import type { LinkerCover } from './linker-cover.ts';
import { linkerCover } from './linker-cover.ts';
import { identityFields, rowIdentity } from './plan.ts';
import { launcherFlags, launcherForm, launcherMagic, launcherTrailer, planVersion } from './plan-layout.ts';
import type { AllValues } from '../util/structure.ts';
import { decodeWide, encodeInto } from '../util/structure.ts';

/** An image that the launcher starts. */
export interface LauncherForm {
  readonly imagePath: string;
  /** Of the image as it was written. */
  readonly identity: FileIdentity;
  readonly planAddress: Address;
  readonly tablesSize: number;
  /** Bytes of the image that are mapped at the plan's address. */
  readonly headSize: number;
  readonly checksum: bigint;
}

export interface LauncherTarget {
  readonly form: LauncherForm;
  /** By which people call the launcher. */
  readonly ownName: string;
  /** Whether the launcher is the PT_INTERP of a copy of the program. */
  readonly interpreter: boolean;
  /** Whether a range that is taken ends the start with an error. */
  readonly endOnCollision: boolean;
}

const elfHeaderSize = 64;
const programHeaderSize = 56;
const codeOffset = 0x100;
/** e_entry. */
const entryAt = 24;

/** The launcher's bytes. `loader` is native/loader.bin, whose end is a multiple of 16. */
export function launcherFile(loader: Buffer, facts: ProgramFacts, target: LauncherTarget): Buffer {
  const cover = target.interpreter ? linkerCover(readElf(facts.interpreter.path)) : noCover;
  const trailer = encodeTrailer(facts, target, cover);
  const bytes = Buffer.alloc(codeOffset + loader.length + trailer.length);
  const stack = facts.stackFlags;
  writeElfHeader(bytes, stack === undefined ? 1 : 2);
  writeSegment(bytes, elfHeaderSize, PT.LOAD, PF.R | PF.X, bytes.length, 4096);
  if (stack !== undefined) writeSegment(bytes, elfHeaderSize + programHeaderSize, PT.GNU_STACK, stack, 0, 16);
  loader.copy(bytes, codeOffset);
  trailer.copy(bytes, codeOffset + loader.length);
  return target.interpreter ? behindCover(bytes, cover.size) : bytes;
}

const noCover: LinkerCover = { size: 0, watchedFunction: 0, watchedProbe: 0 };

/** The launcher as it is, head and all, behind a hole; before that a head that maps both as one segment. */
function behindCover(launcher: Buffer, size: number): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(size), launcher]);
  launcher.copy(bytes, 0, 0, codeOffset);
  bytes.writeBigUInt64LE(BigInt(size + codeOffset), entryAt);
  writeSegment(bytes, elfHeaderSize, PT.LOAD, PF.R | PF.X, bytes.length, 4096);
  return bytes;
}

/** ELF specification, 'ELF Header'. */
function writeElfHeader(bytes: Buffer, segments: number): void {
  bytes.write('7f454c46020101', 0, 'hex'); // magic, ELFCLASS64, ELFDATA2LSB, EV_CURRENT
  bytes.writeUInt16LE(ET.DYN, 16); // e_type
  bytes.writeUInt16LE(machine.elf, 18); // e_machine
  bytes.writeUInt32LE(1, 20); // e_version
  bytes.writeBigUInt64LE(BigInt(codeOffset), entryAt);
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

function encodeTrailer(facts: ProgramFacts, target: LauncherTarget, cover: LinkerCover): Buffer {
  const { form } = target;
  const head = launcherTrailer.size + launcherForm.size;
  const texts = [form.imagePath, facts.path, facts.interpreter.path, facts.invocation, target.ownName];
  const strings = texts.map((text) => Buffer.from(`${text}\0`));
  const [image = 0, original = 0, interpreter = 0, invocation = 0, name = 0] = strings.map((_, index) =>
    strings.slice(0, index).reduce((sum, each) => sum + each.length, head),
  );
  const size = roundUp(head + Buffer.concat(strings).length, 8);
  const bytes = Buffer.alloc(size);
  Buffer.concat(strings).copy(bytes, head);
  const values = {
    magic: launcherMagic,
    own_checksum: 0,
    version: planVersion,
    flags:
      (target.interpreter ? launcherFlags.interpreter : 0) |
      (target.endOnCollision ? launcherFlags.endOnCollision : 0),
    program_path: original,
    interpreter_path: interpreter,
    invocation_path: invocation,
    own_name: name,
    size,
    forms_count: 1,
    covered: cover.size,
    watched_function: cover.watchedFunction,
    watched_probe: cover.watchedProbe,
    reserved: 0,
  };
  encodeInto(launcherTrailer, values, bytes, 0);
  encodeInto(launcherForm, formValues(form, image), bytes, launcherTrailer.size);
  sealTrailer(bytes);
  return bytes;
}

function formValues(form: LauncherForm, path: number): AllValues<typeof launcherForm> {
  return {
    ...identityFields(form.identity),
    plan_address: form.planAddress,
    tables_size: form.tablesSize,
    head_size: form.headSize,
    checksum: form.checksum,
    path,
    reserved: 0,
  };
}

const checksumEnd = 16;

/** The checksum covers what follows it. */
function sealTrailer(trailer: Buffer): void {
  trailer.writeBigUInt64LE(planChecksum(trailer.subarray(checksumEnd)), checksumEnd - 8);
}

/**
 * The trailer of a launcher, to its file's end; undefined in any other file. The magic may stand in one of the trailer's own
 * paths, too.
 */
export function findTrailer(file: Buffer): Buffer | undefined {
  const magic = Buffer.alloc(8);
  magic.writeBigUInt64LE(launcherMagic);
  const head = launcherTrailer.size;
  for (let at = file.indexOf(magic); at >= 0 && at + head <= file.length; at = file.indexOf(magic, at + 1)) {
    const { size } = decodeWide(launcherTrailer, file, at);
    if (at % 16 === 0 && at + Number(size) === file.length) return file.subarray(at);
  }
  return undefined;
}

export type Trailer = ReturnType<typeof decodeWide<typeof launcherTrailer>>;

/** Changes fields of a trailer that stands in `trailer`. */
export function rewriteTrailer(trailer: Buffer, change: (values: Trailer) => Trailer): void {
  encodeInto(launcherTrailer, change(decodeWide(launcherTrailer, trailer, 0)), trailer, 0);
  sealTrailer(trailer);
}

export type Form = ReturnType<typeof decodeWide<typeof launcherForm>>;

/** What the trailer says of the launcher's image. */
export function formOf(trailer: Buffer): Form {
  return decodeWide(launcherForm, trailer, launcherTrailer.size);
}

/** What the launcher says of its image's identity; undefined for any other file. */
export function imageIdentity(file: string): FileIdentity | undefined {
  const trailer = findTrailer(readFileSync(file));
  return trailer && rowIdentity(formOf(trailer));
}

/** The same for its form. */
export function rewriteForm(trailer: Buffer, change: (values: Form) => Form): void {
  encodeInto(launcherForm, change(formOf(trailer)), trailer, launcherTrailer.size);
  sealTrailer(trailer);
}

/**
 * A launcher for another image of the same program, whose path is as long and whose memory is the same. Throws Error where
 * it is not, or the bytes are no launcher's.
 */
export function patchLauncher(
  launcher: Buffer,
  { checksum, imagePath, identity }: Pick<LauncherForm, 'checksum' | 'imagePath' | 'identity'>,
): Buffer {
  const bytes = Buffer.from(launcher);
  const trailer = findTrailer(bytes);
  if (!trailer) throw new Error('no launcher');
  const path = Number(formOf(trailer).path);
  const text = Buffer.from(`${imagePath}\0`);
  if (trailer.indexOf(0, path) !== path + text.length - 1) throw new Error('the path has another length');
  text.copy(trailer, path);
  rewriteForm(trailer, (values) => ({ ...values, ...identityFields(identity), checksum }));
  return bytes;
}

/** The same launcher, which only says whether it would be used. Throws Error where the bytes are no launcher's. */
export function askingLauncher(launcher: Buffer): Buffer {
  const bytes = Buffer.from(launcher);
  const trailer = findTrailer(bytes);
  if (!trailer) throw new Error('no launcher');
  rewriteTrailer(trailer, (values) => ({ ...values, flags: values.flags | BigInt(launcherFlags.onlyAsked) }));
  return bytes;
}
