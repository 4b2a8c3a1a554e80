/** Writes a file that processes map pages from: as they map it, or at rest for a place that relocates it. */
import { defaultSettings } from '../compression/default-settings.ts';
import { writeCompressed } from '../compression/write-compressed.ts';
import type { FileRange } from '../elf/tool-view.ts';
import { nameRanges, sealBuildId, toolParts } from '../elf/tool-view.ts';
import type { FilePart } from '../image/assemble-file.ts';
import { assembleIdentified, bytesPart } from '../image/assemble-file.ts';
import type { WrittenFile } from '../image/backing.ts';
import { isRelocatedWhenRead } from '../image/backing.ts';
import type { PieceOf } from '../image/named-code.ts';
import { piecesCode } from '../image/named-code.ts';
import { PROT } from '../image/pieces.ts';
import type { Audience } from '../program/audience.ts';
import { readableBy } from '../program/audience.ts';
import { fileIdentity } from '../program/file-identity.ts';
import type { FileOffset } from '../util/units.ts';
import { writeAtomically } from '../util/write-atomically.ts';
import { encodeWords } from './paged-content.ts';

export interface SharedContent {
  /** Where the content ends: whole pages from the file's start, of which `toolHeadSize` bytes are not the content's. */
  readonly size: number;
  /** They do not overlap. */
  readonly parts: readonly FilePart[];
  /** What of that comes to which address. */
  readonly ranges: readonly FileRange[];
  /** Pieces whose functions are named. */
  readonly pieces: readonly PieceOf[];
  /** Whether nothing lies over it in memory. */
  readonly isSole: boolean;
  /** Offsets of the words that move. */
  readonly moving: () => readonly FileOffset[];
}

/** `readers`: who may read all that is in it. */
export function writeSharedFile(
  path: string,
  kind: WrittenFile['kind'],
  content: SharedContent,
  readers: Audience,
): WrittenFile {
  writers[kind](path, withTools(kind, content), readers);
  return { kind, path, identity: fileIdentity(path) };
}

/** The file as tools read it: elf/tool-view.ts. What places show may move. */
function withTools(kind: WrittenFile['kind'], content: SharedContent): SharedContent {
  const { size, parts, ranges, pieces, isSole } = content;
  const named = nameRanges(ranges, piecesCode(pieces));
  const isSplit = !isSole && holdsSeveral(pieces);
  const { head, tables } = toolParts(ranges, named, size, {
    moves: isRelocatedWhenRead[kind],
    isSplit,
    others: [],
  });
  return {
    ...content,
    size: size + tables.length,
    parts: [bytesPart(head, 0), ...parts, bytesPart(tables, size)],
  };
}

/** Pages that a program has differently lie over those of a module's data, and so between its code and that of the next one. */
function holdsSeveral(pieces: readonly PieceOf[]): boolean {
  const code = pieces.filter(({ piece }) => (piece.protection & PROT.execute) !== 0);
  return new Set(code.flatMap(({ piece }) => piece.file?.path ?? [])).size > 1;
}

type Writer = (path: string, content: SharedContent, readers: Audience) => void;

const writers: Readonly<Record<WrittenFile['kind'], Writer>> = { file: writePages, shown: writeAtRest };

function writePages(path: string, { size, parts }: SharedContent, readers: Audience): void {
  const { mode, group } = readableBy(readers);
  const write = (file: number): void => {
    assembleIdentified(file, size, parts);
  };
  writeAtomically(path, mode, write, group);
}

function writeAtRest(path: string, { size, parts, moving }: SharedContent, readers: Audience): void {
  const { mode, group } = readableBy(readers);
  const words = encodeWords(size, moving());
  const content = Buffer.alloc(size + words.length);
  for (const { offset, length, fill } of parts) fill(content.subarray(offset, offset + length), 0);
  sealBuildId(content.subarray(0, size));
  words.copy(content, size);
  const source = {
    size: content.length,
    read: (offset: number, length: number) => content.subarray(offset, offset + length),
  };
  writeCompressed(path, mode, source, defaultSettings(), group);
}
