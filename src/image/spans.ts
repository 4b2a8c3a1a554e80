/** Spans: neighbouring pieces at one place of one backing, which one call maps. */
import type { Address, FileOffset } from '../util/units.ts';
import type { Backing } from './backing.ts';
import { isSameBacking, own } from './backing.ts';
import type { Filing, Place } from './filing.ts';
import type { Piece } from './pieces.ts';
import type { PlanRegions } from './regions.ts';

export interface Span {
  readonly address: Address;
  length: number;
  readonly backing: Backing;
  offset: FileOffset;
  readonly first: Piece;
  readonly pieces: Piece[];
  readonly fixed: boolean;
}

/**
 * What moves by itself is mapped by itself. The spans of an executable with fixed addresses come last: in interpreter mode the kernel
 * has mapped the program there, and once that is replaced the loader can no longer hand over.
 */
export function collectSpans(pieces: readonly Piece[], filing: Filing, regions: PlanRegions): Span[] {
  const movesApart = (a: Piece, b: Piece): boolean =>
    a.region !== b.region && [a, b].some(({ region }) => regions.isMovable(regions.rowOf(region)));
  const spans: Span[] = [];
  for (const piece of pieces) {
    const home = filing.home(piece);
    const last = spans.at(-1);
    const before = last?.pieces.at(-1);
    if (last && before && !movesApart(before, piece) && continues(last, piece, home)) {
      last.pieces.push(piece);
      last.length += piece.length;
    } else spans.push(newSpan(piece, home));
  }
  return [...spans.filter((span) => !span.fixed), ...spans.filter((span) => span.fixed)];
}

function newSpan(piece: Piece, home: Place | undefined): Span {
  const { address, length, fixed } = piece;
  const { file: backing, offset } = home ?? { file: own, offset: 0 };
  return { address, length, backing, offset, first: piece, pieces: [piece], fixed };
}

function continues(span: Span, piece: Piece, home: Place | undefined): boolean {
  if (piece.filled || span.first.filled) return false;
  if (span.address + span.length !== piece.address || !isSameBacking(span.backing, home?.file ?? own))
    return false;
  return span.fixed === piece.fixed && (!home || home.offset === span.offset + span.length);
}
