/**
 * Writes a launcher and its image: one file with the plan, the loader's last stage and the memory of all modules. The image
 * is there, and was read back, before the launcher that leads to it appears.
 */
import { dirname } from 'node:path';
import { ftruncateSync, readFileSync, writeSync } from 'node:fs';
import { fileIdentity, sameIdentity } from '../program/file-identity.ts';
import type { Program } from '../program/program.ts';
import type { Explained } from '../provenance/explained.ts';
import { moveAddress } from '../provenance/layout.ts';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';
import type { Address, FileOffset } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import { writeAtomically } from '../util/write-atomically.ts';
import type { Composed } from './compose-image.ts';
import { composeImage } from './compose-image.ts';
import { readsExeLink } from './exe-link.ts';
import type { Image } from './image.ts';
import { interpreterCopy } from './interpreter-copy.ts';
import type { LauncherTarget } from './launcher-file.ts';
import { launcherFile } from './launcher-file.ts';
import type { Piece, Protections } from './memory-plan.ts';
import { waitForNewTimestamp } from './timestamps.ts';
import { verifyImage } from './verify-image.ts';

export interface ImageRequest {
  /** The launcher, or in interpreter mode the copy of the program. Absolute. */
  readonly output: string;
  readonly asInterpreter: boolean;
  /** Where the plan goes; the modules follow it. */
  readonly base: Address;
  readonly protections: Protections;
}

/** Throws LinkonceError where a module changed since it was read, or a file cannot be written. */
export function writeImage(explained: Explained, request: ImageRequest): Image {
  const { program } = explained;
  const loader = readFileSync(nativePart('loader.bin'));
  const composed = composeImage(explained, request.base, loader, request.protections);
  const imagePath = `${request.output}.image`;
  waitForNewTimestamp(program, request.output);
  writeAtomically(imagePath, 0o644, (file) => {
    writeContents(file, composed);
  });
  verifyImage(imagePath, loader);
  requireUnchanged(program);
  const launchers = writeLaunchers(program, loader, request, {
    imagePath,
    planAddress: composed.planAddress,
    tablesSize: composed.plan.length,
    checksum: composed.plan.readBigUInt64LE(16),
    interpreter: request.asInterpreter,
  });
  return {
    file: request.output,
    environment: {},
    files: [...launchers, imagePath],
    entry: entryOf(explained, composed),
    notes: notesOf(explained, request),
  };
}

/** Where the program itself begins: glibc's linker has it in rax, musl's jumps there. */
function entryOf(explained: Explained, { layout }: Composed): Address {
  const { handoff } = explained.captures.first;
  const entry = explained.program.libc === 'glibc' ? Number(handoff.rax) : handoff.address;
  return moveAddress(explained, layout, entry);
}

function writeContents(file: number, composed: Composed): void {
  const { plan, code, contents, heap } = composed;
  ftruncateSync(file, composed.fileSize);
  writeAt(file, plan, 0);
  writeAt(file, code, plan.length);
  for (const { piece, offset } of contents) writePiece(file, piece, offset);
  heap.pages.forEach((page, index) => {
    writeAt(file, page, heap.offset + index * pageSize);
  });
}

/** The module's bytes, then the pages that differ. Zero memory stays a hole. */
function writePiece(file: number, piece: Piece, offset: FileOffset): void {
  if (piece.file) {
    const { bytes, offset: start } = piece.file;
    writeAt(file, bytes.subarray(start, Math.min(start + piece.length, bytes.length)), offset);
  }
  for (const [address, page] of piece.pages) writeAt(file, page, offset + address - piece.address);
}

function writeAt(file: number, bytes: Buffer, offset: FileOffset): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, offset + done);
}

function requireUnchanged(program: Program): void {
  for (const { path, identity } of program.modules)
    if (!sameIdentity(fileIdentity(path), identity))
      throw new LinkonceError(`${path}: changed while ${program.invocation} was bound`);
}

function writeLaunchers(
  program: Program,
  loader: Buffer,
  request: ImageRequest,
  target: LauncherTarget,
): string[] {
  const launcher = launcherFile(loader, program, target);
  const write = (path: string, bytes: Buffer): void => {
    writeAtomically(path, 0o755, (file) => {
      writeAt(file, bytes, 0);
    });
  };
  const { output } = request;
  if (!request.asInterpreter) {
    write(output, launcher);
    return [output];
  }
  const interpreter = `${output}.loader`;
  write(interpreter, launcher);
  write(output, interpreterCopy(program, interpreter));
  return [output, interpreter];
}

function notesOf(explained: Explained, request: ImageRequest): string[] {
  const { program, slots, captures } = explained;
  const notes: string[] = [];
  if (captures.unbindable !== undefined)
    notes.push(
      `its ${String(slots.lazy)} lazy slots stay lazy, since not all can be bound: ${captures.unbindable}`,
    );
  if (readsExeLink(program) && !request.asInterpreter)
    notes.push(
      'it reads /proc/self/exe: without the right to set that link (CAP_CHECKPOINT_RESTORE) it runs through ld.so; --as-interpreter serves it there',
    );
  if (request.asInterpreter && movesOrigin(program, request.output))
    notes.push(
      `it finds libraries by its own folder ($ORIGIN): when it hands over, the copy looks beside itself; put it into ${dirname(program.path)}`,
    );
  return notes;
}

function movesOrigin(program: Program, output: string): boolean {
  const { runpath = '', rpath = '' } = program.executable.elf.dynamic ?? {};
  return /\$(ORIGIN|\{ORIGIN\})/.test(runpath + rpath) && dirname(output) !== dirname(program.path);
}
