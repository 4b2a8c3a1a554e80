/** Puts new modules into files of a collection. */
import path from 'node:path';
import type { BackingFile } from '../image/backing.ts';
import type { FileRange } from '../elf/tool-view.ts';
import { contentStart, toolHeadSize } from '../elf/tool-view.ts';
import type { PieceOf } from '../image/named-code.ts';
import { fileRange } from '../image/named-code.ts';
import type { Piece } from '../image/pieces.ts';
import type { FilePart } from '../image/assemble-file.ts';
import { piecePart } from '../image/assemble-file.ts';
import type { Audience } from '../program/audience.ts';
import { narrower, readersOf } from '../program/audience.ts';
import { at } from '../util/present.ts';
import type { FileOffset } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import type { Arrangement } from '../ranges/arrangement.ts';
import { backingOf } from '../ranges/arrangement.ts';
import type { ModuleContent } from './contents.ts';
import { isFromModule } from './member-filing.ts';
import { movingWords } from './moving-words.ts';
import type { Partition } from '../ranges/order.ts';
import { writeSharedFile } from './shared-file.ts';
import type { StockedModule, StockRange } from './stock.ts';
import { toRanges } from './stock.ts';

/** Gives a new file a path in the collection; `name` is for people. */
export type NewFile = (name: string) => string;

/** How shared files are written. */
export interface StockingMeans {
  readonly arrangement: Arrangement;
  readonly newFile: NewFile;
  /** Whom they are for at most. */
  readonly readers: Audience;
  /** Whether one program has the files for itself, so that no pages of it lie over them. */
  readonly isSole: boolean;
}

/** One file for each group of modules, or for each module; a module that not everybody may read has a file of its own. */
export function stockModules(
  contents: readonly ModuleContent[],
  groups: readonly Partition[],
  means: StockingMeans,
): StockedModule[] {
  const { arrangement, newFile } = means;
  const byPath = new Map(contents.map((content) => [content.path, content]));
  return groups.flatMap(({ name, modules }) => {
    const members = modules.flatMap((file) => byPath.get(file) ?? []);
    const together = members.filter((member) => mayShareFile(member, arrangement));
    const alone = members.filter((member) => !together.includes(member));
    return [
      ...(together.length > 0 ? writeGroup(together, means, newFile(name)) : []),
      ...alone.flatMap((member) => writeGroup([member], means, newFile(path.basename(member.path)))),
    ];
  });
}

function mayShareFile({ path: file }: ModuleContent, { files }: Arrangement): boolean {
  return files !== 'module' && readersOf([file]) === 'everybody';
}

interface PlacedContent {
  readonly content: ModuleContent;
  readonly offset: FileOffset;
  readonly stored: readonly Piece[];
}

/**
 * Modules stand in the file as in memory, so that neighbours are mapped by one call; in one file for all only what is
 * stored, one behind the other, so that a start reads neighbours.
 */
function writeGroup(
  group: readonly ModuleContent[],
  { arrangement, readers: most, isSole }: StockingMeans,
  output: string,
): StockedModule[] {
  const origin = at(group, 0, 'module').address;
  const isAscending = group.every((each, index) => {
    const before = index === 0 ? undefined : at(group, index - 1);
    return before === undefined || each.address >= before.address + before.size;
  });
  const isAsInMemory = isAscending && arrangement.files !== 'collection';
  const begin = isAsInMemory ? contentStart(origin) : toolHeadSize;
  let next = begin;
  const placed = group.map((content): PlacedContent => {
    const stored = content.pieces.filter((piece) => isStored(piece, content, arrangement));
    const { start, length } = storedRange(content, stored, arrangement);
    const offset = isAsInMemory ? begin + content.address - origin : next - start;
    next = offset + start + length;
    return { content, offset, stored };
  });
  const moving = (): FileOffset[] => placed.flatMap(contentWords);
  const readers = narrower(most, readersOf(group.map((content) => content.path)));
  const content = {
    size: next,
    parts: placed.flatMap(contentParts),
    ranges: placed.flatMap(contentRanges),
    pieces: placed.flatMap(contentPieces),
    isSole,
    moving,
  };
  const file = writeSharedFile(output, backingOf(arrangement), content, readers);
  return placed.map((each) => toStocked(each, file));
}

function isStored(piece: Piece, { touched }: ModuleContent, { codeFromModules }: Arrangement): boolean {
  return !codeFromModules || !isFromModule(piece, touched);
}

/** What a file needs of a module's range, relative to its first page. */
function storedRange(
  { address, size }: ModuleContent,
  stored: readonly Piece[],
  { files }: Arrangement,
): StockRange {
  if (files !== 'collection') return { start: 0, length: size };
  const first = stored[0];
  const last = stored.at(-1);
  return first && last
    ? { start: first.address - address, length: last.address + last.length - first.address }
    : { start: 0, length: 0 };
}

function contentParts({ content, offset, stored }: PlacedContent): FilePart[] {
  const { address: origin, pages } = content;
  return stored.map((piece) => {
    const { address, length } = piece;
    return piecePart({ ...piece, pages }, address, length, offset + address - origin);
  });
}

function contentRanges({ content, offset, stored }: PlacedContent): FileRange[] {
  return stored.map((piece) => {
    const { address, length } = piece;
    return fileRange(piece, { address, length, offset: offset + address - content.address });
  });
}

function contentPieces({ content: { program }, stored }: PlacedContent): PieceOf[] {
  const { blueprint, layout } = program;
  return stored.map((piece) => ({ blueprint, layout, piece }));
}

/** Offsets of the words that move: those of the program that has the page so. */
function contentWords({ content, offset }: PlacedContent): FileOffset[] {
  const { address, sources } = content;
  return [...sources].flatMap(([page, program]) =>
    (movingWords(program).get(page) ?? []).map((word) => offset + word - address),
  );
}

function toStocked({ content, offset, stored }: PlacedContent, file: BackingFile): StockedModule {
  const { path, address, pages } = content;
  const ranges: { start: number; length: number }[] = [];
  for (const piece of stored) {
    const last = ranges.at(-1);
    const start = piece.address - address;
    if (last && last.start + last.length === start) last.length += piece.length;
    else ranges.push({ start, length: piece.length });
  }
  return { path, address, file, offset, ranges, written: toRanges([...pages.keys()], address) };
}

/** Pages of a stocked module's written runs. */
export function writtenCount(modules: readonly StockedModule[]): number {
  return modules.reduce(
    (sum, { written }) => sum + written.reduce((pages, run) => pages + run.length / pageSize, 0),
    0,
  );
}
