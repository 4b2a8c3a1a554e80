/** What is in a compressed file, and whether all of it can be read. */
import { LinkonceError } from '../util/errors.ts';
import type { CompressedFile } from './compressed-file.ts';
import { chunkRow, header } from './layout.ts';

export interface Inspection {
  /** Of chunks: all zeros, stored as they are, compressed. */
  readonly chunks: { readonly zero: number; readonly plain: number; readonly compressed: number };
  /** Bytes of header and table. */
  readonly headSize: number;
  /** Bytes that are compressed to one byte of the file. */
  readonly ratio: number;
  /** A line for each chunk that cannot be read. */
  readonly problems: readonly string[];
}

export function inspectCompressed(file: CompressedFile): Inspection {
  const { chunks, chunkSize, size, fileSize } = file.head;
  const count = { zero: 0, plain: 0, compressed: 0 };
  const problems: string[] = [];
  for (const [index, { length }] of chunks.entries()) {
    const whole = Math.min(chunkSize, size - index * chunkSize);
    count[length === 0 ? 'zero' : length === whole ? 'plain' : 'compressed'] += 1;
    const problem = tryRead(file, index * chunkSize, whole);
    if (problem !== undefined) problems.push(problem);
  }
  return {
    chunks: count,
    headSize: header.size + chunks.length * chunkRow.size,
    ratio: size / fileSize,
    problems,
  };
}

function tryRead(file: CompressedFile, offset: number, length: number): string | undefined {
  try {
    file.read(offset, length);
    return undefined;
  } catch (error) {
    if (error instanceof LinkonceError) return error.message;
    throw error;
  }
}
