/**
 * Which file holds what: how a system spreads the memory of a program over files. What no file of the store holds stands in
 * the program's own image.
 */
import type { Address, FileOffset } from '../util/units.ts';
import type { BackingFile } from './backing.ts';
import type { Piece } from './pieces.ts';

export interface Place {
  readonly file: BackingFile;
  readonly offset: FileOffset;
}

/** A run of pages that differs from what stands in the piece's file. */
export interface Overlay {
  readonly address: Address;
  readonly length: number;
  /** Absent: the own image holds it. */
  readonly place?: Place | undefined;
}

export interface Filing {
  /** Where a piece begins in a shared file; undefined where the own image holds all of it. */
  home(piece: Piece): Place | undefined;
  /** Only for pieces with a home. Ascending, in whole pages. */
  overlays(piece: Piece): readonly Overlay[];
}

/** The files that hold parts of a piece. */
export function filesOf(piece: Piece, filing: Filing): BackingFile[] {
  const places = [filing.home(piece), ...filing.overlays(piece).map(({ place }) => place)];
  return places.flatMap((place) => place?.file ?? []);
}
