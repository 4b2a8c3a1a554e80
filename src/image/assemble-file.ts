/**
 * Writes files that processes map: from the first byte to the last in large blocks. The kernel then keeps them in large folios,
 * and a fault maps its 16 neighbours at once for less (measured: the start-up of ffmpeg takes 12 % longer from a file that was
 * written in pieces).
 */
import type { Permissions } from '../program/audience.ts';
import { BuildId } from '../elf/tool-view.ts';
import { writeAtomically } from '../util/write-atomically.ts';
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { Address, FileOffset } from '../util/units.ts';
import type { Piece } from './pieces.ts';

const blockSize = 16 * 1024 * 1024;

/** Bytes at one place of a file. */
export interface FilePart {
  readonly offset: FileOffset;
  readonly length: number;
  /** Copies what stands from `from` on into a zero buffer that does not reach beyond the part. */
  readonly fill: (into: Buffer, from: number) => void;
}

/** Bytes that are there. */
export function bytesPart(bytes: Buffer, offset: FileOffset): FilePart {
  return { offset, length: bytes.length, fill: (into, from) => bytes.copy(into, 0, from) };
}

/** What a piece holds in a range of whole pages: the bytes of its module, then the pages that differ. */
export function piecePart(piece: Piece, address: Address, length: number, offset: FileOffset): FilePart {
  const { file: source, pages } = piece;
  const fill = (into: Buffer, from: number): void => {
    const start = address + from;
    if (source) readInto(source.path, source.offset + start - piece.address, into);
    for (const [at, page] of pages) if (at >= start && at < start + into.length) page.copy(into, at - start);
  };
  return { offset, length, fill };
}

/** Fills as much as the file has. */
function readInto(path: string, offset: FileOffset, into: Buffer): void {
  const file = openSync(path, 'r');
  for (let done = 0; done < into.length;) {
    const got = readSync(file, into, done, into.length - done, offset + done);
    if (got === 0) break;
    done += got;
  }
  closeSync(file);
}

/** Writes parts that do not overlap into an empty file of `size` bytes. Blocks of zeros are left out: they are holes. `onBlock` sees all. */
export function assembleFile(
  file: number,
  size: number,
  parts: readonly FilePart[],
  onBlock: (block: Buffer) => void = () => undefined,
): void {
  ftruncateSync(file, size);
  const buffer = Buffer.allocUnsafe(Math.min(blockSize, size));
  for (let start = 0; start < size; start += blockSize) {
    const block = buffer.subarray(0, Math.min(blockSize, size - start));
    fillBlock(block, start, parts);
    onBlock(block);
    for (const run of filledRuns(block))
      writeBytes(file, block.subarray(run.start, run.end), start + run.start);
  }
}

function fillBlock(block: Buffer, start: FileOffset, parts: readonly FilePart[]): void {
  const end = start + block.length;
  block.fill(0);
  for (const { offset, length, fill } of parts) {
    if (offset >= end || offset + length <= start) continue;
    const [from, to] = [Math.max(offset, start), Math.min(offset + length, end)];
    fill(block.subarray(from - start, to - start), from - offset);
  }
}

/** The same of a file with a build id, which comes to its place at the end. */
export function assembleIdentified(file: number, size: number, parts: readonly FilePart[]): void {
  const buildId = new BuildId();
  assembleFile(file, size, parts, (block) => {
    buildId.add(block);
  });
  const { id, offset } = buildId.end();
  writeBytes(file, id, offset);
}

const zeros = Buffer.alloc(64 * 1024);

/** Runs of 64 KiB that are not all zero. */
function filledRuns(bytes: Buffer): { readonly start: number; end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (let start = 0; start < bytes.length; start += zeros.length) {
    const end = Math.min(start + zeros.length, bytes.length);
    if (bytes.compare(zeros, 0, end - start, start, end) === 0) continue;
    const last = runs.at(-1);
    if (last?.end === start) last.end = end;
    else runs.push({ start, end });
  }
  return runs;
}

/** Writes all of `bytes` at an offset. */
export function writeBytes(file: number, bytes: Buffer, offset: FileOffset): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, offset + done);
}

/** A file of just these bytes, which appears whole. */
export function writeWhole(path: string, bytes: Buffer, { mode, group }: Permissions): void {
  const fill = (file: number): void => {
    writeBytes(file, bytes, 0);
  };
  writeAtomically(path, mode, fill, group);
}
