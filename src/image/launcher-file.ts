/**
 * The launcher: a small ELF file of one segment with the loader's code and the trailer that leads it to its images, of which it
 * has one for each set of the linker's variables (a form). ET_DYN without PT_INTERP, so that the kernel places it away from everything; the loader moves the break (native/break.h).
 */
import { readElf } from '../elf/read-elf.ts';
import type { ProgramFacts } from '../program/facts.ts';
import type { FileIdentity } from '../program/program.ts';
import { decodeWide, encodeInto } from '../util/structure.ts';
import { roundUp } from '../util/units.ts';
import type { Address } from '../util/units.ts';
import { planChecksum } from './checksum.ts';
import { codeOffset, launcherHead, mainOffset } from './launcher-head.ts';
import type { LinkerCover } from './linker-cover.ts';
import { linkerCover } from './linker-cover.ts';
import { digestFields, identityFields, rowDigest, rowIdentity } from './plan.ts';
import { launcherFlags, launcherForm, launcherMagic, launcherTrailer, planVersion } from './plan-layout.ts';
import { Strings } from './strings.ts';
import { variablesDigest } from './variables-digest.ts';

/** A launcher as a value. */
export interface Launcher {
  /** native/loader.bin, whose end is a multiple of 16. */
  readonly loader: Buffer;
  /** p_flags of PT_GNU_STACK. */
  readonly stackFlags: number | undefined;
  /** The plan's, of which its loader is. */
  readonly version: number;
  /** See `launcherFlags`. */
  readonly flags: number;
  /** Before the launcher's own head, where it is an interpreter. */
  readonly cover: LinkerCover;
  readonly texts: Readonly<Record<LauncherText, string>>;
  readonly forms: readonly LauncherForm[];
}

export type LauncherText =
  'program_path' | 'interpreter_path' | 'invocation_path' | 'own_name' | 'count_path';

/** For one set of the linker's variables. */
export interface LauncherForm {
  /** See `variablesDigest`. */
  readonly variables: bigint;
  readonly imagePath: string;
  /** Of the image as it was written. */
  readonly identity: FileIdentity;
  readonly planAddress: Address;
  readonly tablesSize: number;
  /** Bytes of the image that are mapped at the plan's address. */
  readonly headSize: number;
  readonly checksum: bigint;
  /** Of the image's content. */
  readonly digest: Buffer;
}

/** What a program's facts do not say. */
export interface LauncherTarget {
  readonly form: Omit<LauncherForm, 'variables'>;
  /** By which people call the launcher. */
  readonly ownName: string;
  /** The file in which it counts its hand-overs; empty: in none. */
  readonly countPath: string;
  /** Whether the launcher is the PT_INTERP of a copy of the program. */
  readonly interpreter: boolean;
  /** Whether a range that is taken ends the start with an error. */
  readonly endOnCollision: boolean;
}

const elfHeaderSize = 64;
const programHeaderSize = 56;
/** e_phnum in the ELF header, p_flags in a program header. */
const segmentCountOffset = 56;
const segmentFlagsOffset = 4;
/** e_entry. */
const entryAt = 24;

/** A launcher stands where the kernel puts it: a debugger has breakpoints in its head alone. */
const noCover: LinkerCover = { size: 0, watchedFunction: mainOffset, watchedProbe: 0 };

/** The bytes of a program's launcher with one form. */
export function launcherFile(loader: Buffer, facts: ProgramFacts, target: LauncherTarget): Buffer {
  const { form, ownName, countPath, interpreter, endOnCollision } = target;
  return encodeLauncher({
    loader,
    stackFlags: facts.stackFlags,
    version: planVersion,
    flags:
      (interpreter ? launcherFlags.interpreter : 0) | (endOnCollision ? launcherFlags.endOnCollision : 0),
    cover: interpreter ? linkerCover(readElf(facts.interpreter.path)) : noCover,
    texts: {
      program_path: facts.path,
      interpreter_path: facts.interpreter.path,
      invocation_path: facts.invocation,
      own_name: ownName,
      count_path: countPath,
    },
    forms: [{ ...form, variables: variablesDigest(facts.variables) }],
  });
}

export function encodeLauncher(launcher: Launcher): Buffer {
  const { loader, stackFlags, cover } = launcher;
  const trailer = encodeTrailer(launcher);
  const size = codeOffset + loader.length + trailer.length;
  const loaderSize = cover.size === 0 ? loader.length : undefined;
  const head = launcherHead({ size, entry: codeOffset, stackFlags, loaderSize });
  const bytes = Buffer.concat([head, loader, trailer]);
  return cover.size === 0 ? bytes : behindCover(bytes, cover.size, stackFlags);
}

/** The launcher as it is, head and all, behind a hole; before that a head that maps both as one segment. */
function behindCover(launcher: Buffer, covered: number, stackFlags: number | undefined): Buffer {
  const [size, entry] = [covered + launcher.length, covered + codeOffset];
  const hole = Buffer.alloc(covered);
  launcherHead({ size, entry, stackFlags, loaderSize: undefined }).copy(hole);
  return Buffer.concat([hole, launcher]);
}

/** Undefined where the file is no launcher. */
export function decodeLauncher(file: Buffer): Launcher | undefined {
  const trailer = findTrailer(file);
  if (!trailer) return undefined;
  const { version, flags, forms_count, ...values } = decodeWide(launcherTrailer, trailer, 0);
  const text = (offset: bigint): string =>
    trailer.toString('utf8', Number(offset), trailer.indexOf(0, Number(offset)));
  const segments = file.readUInt16LE(segmentCountOffset);
  return {
    loader: file.subarray(Number(file.readBigUInt64LE(entryAt)), file.length - trailer.length),
    stackFlags:
      segments < 2 ? undefined : file.readUInt32LE(elfHeaderSize + programHeaderSize + segmentFlagsOffset),
    version: Number(version),
    flags: Number(flags),
    cover: {
      size: Number(values.covered),
      watchedFunction: Number(values.watched_function),
      watchedProbe: Number(values.watched_probe),
    },
    texts: {
      program_path: text(values.program_path),
      interpreter_path: text(values.interpreter_path),
      invocation_path: text(values.invocation_path),
      own_name: text(values.own_name),
      count_path: text(values.count_path),
    },
    forms: Array.from({ length: Number(forms_count) }, (_, index) => {
      const form = decodeWide(launcherForm, trailer, launcherTrailer.size + index * launcherForm.size);
      return {
        variables: form.variables,
        imagePath: text(form.path),
        identity: rowIdentity(form),
        planAddress: Number(form.plan_address),
        tablesSize: Number(form.tables_size),
        headSize: Number(form.head_size),
        checksum: form.checksum,
        digest: rowDigest(form),
      };
    }),
  };
}

function encodeTrailer({ version, flags, cover, texts, forms }: Launcher): Buffer {
  const head = launcherTrailer.size + forms.length * launcherForm.size;
  const strings = new Strings(head);
  const rows = forms.map(
    ({ variables, imagePath, identity, planAddress, tablesSize, headSize, checksum, digest }) => ({
      variables,
      ...identityFields(identity),
      plan_address: planAddress,
      tables_size: tablesSize,
      head_size: headSize,
      checksum,
      ...digestFields(digest),
      path: strings.add(imagePath),
      reserved: 0,
    }),
  );
  const values = {
    magic: launcherMagic,
    own_checksum: 0,
    version,
    flags,
    program_path: strings.add(texts.program_path),
    interpreter_path: strings.add(texts.interpreter_path),
    invocation_path: strings.add(texts.invocation_path),
    own_name: strings.add(texts.own_name),
    forms_count: forms.length,
    covered: cover.size,
    watched_function: cover.watchedFunction,
    watched_probe: cover.watchedProbe,
    count_path: strings.add(texts.count_path),
  };
  const own = strings.all();
  const bytes = Buffer.alloc(roundUp(head + own.length, 8));
  own.copy(bytes, head);
  encodeInto(launcherTrailer, { ...values, size: bytes.length }, bytes, 0);
  rows.forEach((row, index) => {
    encodeInto(launcherForm, row, bytes, launcherTrailer.size + index * launcherForm.size);
  });
  bytes.writeBigUInt64LE(planChecksum(bytes.subarray(checksumEnd)), checksumEnd - 8);
  return bytes;
}

/** The checksum covers what follows it. */
const checksumEnd = 16;

/** The trailer of a launcher, to its file's end. The magic may stand in one of the trailer's own paths, too. */
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

/** Throws Error where the bytes are no launcher's. */
export function requireLauncher(file: Buffer): Launcher {
  const launcher = decodeLauncher(file);
  if (!launcher) throw new Error('no launcher');
  return launcher;
}

/** A launcher for another image of the same program, whose memory is the same. Throws Error where it has more than one form. */
export function patchLauncher(
  file: Buffer,
  change: Pick<LauncherForm, 'checksum' | 'digest' | 'imagePath' | 'identity'>,
): Buffer {
  const launcher = requireLauncher(file);
  const [form, other] = launcher.forms;
  if (!form || other) throw new Error('not the launcher of one image');
  return encodeLauncher({ ...launcher, forms: [{ ...form, ...change }] });
}

/** The same launcher, which only says whether it would be used. Throws Error where the bytes are no launcher's. */
export function askingLauncher(file: Buffer): Buffer {
  const launcher = requireLauncher(file);
  return encodeLauncher({ ...launcher, flags: launcher.flags | launcherFlags.onlyAsked });
}
