/**
 * Where memory comes from places, a program's image holds plan and loader only: what no shared file has stands in one more file
 * of the program, which places show relocated.
 */
import { toolHeadSize } from '../elf/tool-view.ts';
import type { PlacedMemory } from '../image/compose-image.ts';
import { piecePart } from '../image/assemble-file.ts';
import type { WrittenFile } from '../image/backing.ts';
import type { Place } from '../image/filing.ts';
import { fileRange } from '../image/named-code.ts';
import type { Piece } from '../image/pieces.ts';
import type { Audience } from '../program/audience.ts';
import { narrower, readersOf } from '../program/audience.ts';
import { Refusal } from '../util/errors.ts';
import { at } from '../util/present.ts';
import type { Address, FileOffset } from '../util/units.ts';
import { hex, pageSize, roundDown } from '../util/units.ts';
import type { DeviatingRun, MemberFiling } from './member-filing.ts';
import { movingWords } from './moving-words.ts';
import { pieceOfRun, runParts, runRanges, runWords } from './pool.ts';
import { writeSharedFile } from './shared-file.ts';

export interface OwnFileRequest {
  readonly path: string;
  readonly kind: WrittenFile['kind'];
  /** Whom it is for at most. */
  readonly readers: Audience;
}

/**
 * Writes the file, and answers the filing with the places in it. `shared`: where runs stand that several programs have. Throws
 * Refusal where a word lies across pages of two files.
 */
export function writeOwnFile(
  placed: PlacedMemory,
  filing: MemberFiling,
  shared: ReadonlyMap<string, Place>,
  { path, kind, readers }: OwnFileRequest,
): { readonly filing: MemberFiling; readonly places: ReadonlyMap<string, Place> } {
  requireWholeWords(placed, filing);
  const pieces = placed.pieces.filter((piece) => !filing.homes.has(piece));
  const runs = filing.runs.filter(({ hash }) => !shared.has(hash));
  const starts = pieceStarts(pieces);
  const own = pieces.map((piece, index) => piecePart(piece, piece.address, piece.length, at(starts, index)));
  const last = own.at(-1);
  const { parts, size } = runParts(runs, last ? last.offset + last.length : toolHeadSize);
  const moving = (): FileOffset[] => [
    ...pieces.flatMap((piece, index) => pieceWords(placed, piece, at(starts, index))),
    ...runs.flatMap((run, index) => runWords(run, at(parts, index).offset)),
  ];
  const modules = placed.blueprint.facts.modules.map((module) => module.path);
  const { blueprint, layout } = placed;
  const content = {
    size,
    parts: [...own, ...parts],
    ranges: [
      ...pieces.map((piece, index) => fileRange(piece, { ...piece, offset: at(starts, index) })),
      ...runRanges(runs, parts),
    ],
    pieces: [...pieces.map((piece) => ({ blueprint, layout, piece })), ...runs.map(pieceOfRun)],
    isSole: false,
    moving,
  };
  const file = writeSharedFile(path, kind, content, narrower(readers, readersOf(modules)));
  const homes = new Map(filing.homes);
  pieces.forEach((piece, index) => homes.set(piece, { file, offset: at(starts, index) }));
  const places = new Map(shared);
  runs.forEach(({ hash }, index) => places.set(hash, { file, offset: at(parts, index).offset }));
  return { filing: { ...filing, homes }, places };
}

function pieceStarts(pieces: readonly Piece[]): FileOffset[] {
  let next = toolHeadSize;
  return pieces.map(({ length }) => {
    const start = next;
    next += length;
    return start;
  });
}

function pieceWords(placed: PlacedMemory, { address, pages }: Piece, start: FileOffset): FileOffset[] {
  const words = movingWords(placed);
  return [...pages.keys()].flatMap((page) =>
    (words.get(page) ?? []).filter((word) => word >= address).map((word) => start + word - address),
  );
}

/** A word is relocated as a whole: both of its pages must stand behind each other in one file. */
function requireWholeWords(placed: PlacedMemory, { runs }: MemberFiling): void {
  const runOf = new Map<Address, DeviatingRun>();
  for (const run of runs)
    for (let page = run.address; page < run.address + run.length; page += pageSize) runOf.set(page, run);
  for (const [page, words] of movingWords(placed))
    for (const word of words) {
      const first = roundDown(word);
      const last = roundDown(word + 7);
      if (first === last || page !== first) continue;
      const isSplit = runOf.get(first) !== runOf.get(last);
      if (isSplit) throw new Refusal(`the address at ${hex(word)} lies across pages of two files`);
    }
}
