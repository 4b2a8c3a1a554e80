/**
 * Which file holds what: how a system spreads the memory of a program over files. What no file of the store holds stands in
 * the program's own image.
 */
import type { FileIdentity } from '../program/program.ts';
import type { Address, FileOffset } from '../util/units.ts';
import type { Piece } from './pieces.ts';

/** A file that several programs map. Once written it never changes, so that its identity stands for its content. */
export interface BackingFile {
  readonly path: string;
  readonly identity: FileIdentity;
  /** Processes do not map the file itself, but what a place shows under its name: relocated, and never compressed. */
  readonly inPlaces?: boolean;
}

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
