/** Writes a file that programs share: as they map it, or at rest for a place that relocates it. */
import { defaultSettings } from '../compression/default-settings.ts';
import { writeCompressed } from '../compression/write-compressed.ts';
import type { FilePart } from '../image/assemble-file.ts';
import { assembleFile } from '../image/assemble-file.ts';
import type { BackingFile } from '../image/filing.ts';
import type { Audience } from '../program/audience.ts';
import { readableBy } from '../program/audience.ts';
import { fileIdentity } from '../program/file-identity.ts';
import type { FileOffset } from '../util/units.ts';
import { writeAtomically } from '../util/write-atomically.ts';
import { encodeWords } from './paged-content.ts';

/**
 * `size`: bytes, whole pages. `readers`: who may read all that is in it. `moving`: offsets of words that move with a place; absent where processes map the file itself. The
 * parts do not overlap.
 */
export function writeSharedFile(
  path: string,
  size: number,
  parts: readonly FilePart[],
  readers: Audience,
  moving: readonly FileOffset[] | undefined,
): BackingFile {
  const { mode, group } = readableBy(readers);
  if (moving === undefined) {
    const write = (file: number): void => {
      assembleFile(file, size, parts);
    };
    writeAtomically(path, mode, write, group);
    return { path, identity: fileIdentity(path) };
  }
  const words = encodeWords(size, moving);
  const content = Buffer.alloc(size + words.length);
  for (const { offset, length, fill } of parts) fill(content.subarray(offset, offset + length), 0);
  words.copy(content, size);
  const source = {
    size: content.length,
    read: (offset: number, length: number) => content.subarray(offset, offset + length),
  };
  writeCompressed(path, mode, source, defaultSettings(), group);
  return { path, identity: fileIdentity(path), inPlaces: true };
}
