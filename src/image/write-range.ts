/** Writes memory of a program to a file: the bytes of its module, then the pages that differ. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { Address, FileOffset } from '../util/units.ts';
import type { Piece } from './pieces.ts';

const chunkSize = 8 * 1024 * 1024;

/** What a piece holds in a range, at an offset of a file. Zero memory stays a hole. */
export function writeRange(
  file: number,
  piece: Piece,
  address: Address,
  length: number,
  offset: FileOffset,
): void {
  const { file: source } = piece;
  if (source) copyBytes(source.path, source.offset + address - piece.address, length, file, offset);
  for (const [at, page] of piece.pages)
    if (at >= address && at < address + length) writeBytes(file, page, offset + at - address);
}

/**
 * Copies bytes between files into a range that was not written yet; what lies behind the end of the source stays as it is.
 * Zeros are left out: a hole of the source stays a hole.
 */
function copyBytes(source: string, from: FileOffset, length: number, file: number, offset: FileOffset): void {
  const input = openSync(source, 'r');
  const chunk = Buffer.allocUnsafe(Math.min(length, chunkSize));
  for (let done = 0; done < length;) {
    const got = readSync(input, chunk, 0, Math.min(chunk.length, length - done), from + done);
    if (got === 0) break;
    for (const { start, end } of filledRuns(chunk.subarray(0, got)))
      writeBytes(file, chunk.subarray(start, end), offset + done + start);
    done += got;
  }
  closeSync(input);
}

const zeros = Buffer.alloc(64 * 1024);

/** Runs of blocks that are not all zero. */
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
