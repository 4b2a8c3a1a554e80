/**
 * The file in which a launcher's hand-overs are counted (native/count.h writes it): how many there were, and when and why the last
 * one was. docs/formats/count.md.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { LinkonceError } from '../util/errors.ts';
import { decodeWide, encode } from '../util/structure.ts';
import { writeAtomically } from '../util/write-atomically.ts';
import { writeBytes } from './assemble-file.ts';
import { countFileSize, countMagic, countVersion, handOverCount } from './plan-layout.ts';

/** Starts of a launcher that the platform's linker did, and why the last one was. */
export interface HandOvers {
  readonly count: number;
  /** When the last one was; absent where it could not be asked. */
  readonly last?: Date;
  /** Why the last one was, as the loader says it: words that nobody vouches for. */
  readonly reason: string;
}

/** The file of a launcher that is in no store. */
export function countPathBeside(launcher: string): string {
  return `${launcher}.count`;
}

/** What a file says; undefined where it is none of this kind, or of another version. */
export function decodeCount(bytes: Buffer): HandOvers | undefined {
  if (bytes.length !== countFileSize || bytes.readBigUInt64LE(0) !== countMagic) return undefined;
  const head = decodeWide(handOverCount, bytes, 0);
  if (head.version !== BigInt(countVersion)) return undefined;
  const text = bytes.subarray(handOverCount.size);
  const end = text.indexOf(0);
  const milliseconds = Number(head.seconds) * 1000 + Math.floor(Number(head.nanoseconds) / 1_000_000);
  const last = new Date(milliseconds);
  return {
    count: Number(head.count),
    ...(milliseconds !== 0 && !Number.isNaN(last.getTime()) && { last }),
    reason: text.toString('utf8', 0, end < 0 ? text.length : end),
  };
}

/** Undefined also where there is none, or this user may not read it. */
export function readCount(file: string): HandOvers | undefined {
  try {
    return lstatSync(file).isFile() ? decodeCount(readFileSync(file)) : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

/** Everybody may read it, and only its owner count in it. Throws LinkonceError where it cannot be written. */
export function writeNewCount(file: string): void {
  const bytes = Buffer.alloc(countFileSize);
  encode(handOverCount, { magic: countMagic, version: countVersion }).copy(bytes);
  writeAtomically(file, 0o644, (descriptor) => {
    writeBytes(descriptor, bytes, 0);
  });
}

/** The words of `inspect`. Throws LinkonceError for a file of another version, or one that is damaged. */
export function requireCount(file: string): HandOvers {
  const found = decodeCount(readFileSync(file));
  if (!found) throw new LinkonceError(`${file}: a count of another version, or damaged`);
  return found;
}
