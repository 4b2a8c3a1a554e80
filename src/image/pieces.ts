/** Blueprint memory at a layout, cut into ranges of one protection. */
import type { Blueprint } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { regionShift } from '../provenance/layout.ts';
import type { MovedPages } from '../provenance/materialize.ts';
import { at } from '../util/present.ts';
import type { Address, FileOffset } from '../util/units.ts';

export const PROT = { none: 0, read: 1, write: 2, execute: 4 } as const;

/** Of memory that no program had before: a table of a call system. */
export const noRegion = -1;

/** A range of one protection at its new address, and what it holds. */
export interface Piece {
  /** Index of its region, or `noRegion`. */
  readonly region: number;
  readonly address: Address;
  readonly length: number;
  readonly protection: number;
  /** Where a module's file has the bytes below the written pages; absent for memory that starts as zero. */
  readonly file: { readonly path: string; readonly offset: FileOffset } | undefined;
  /** Written pages by their new address. */
  readonly pages: ReadonlyMap<Address, Buffer>;
  /** Whether the loader maps fresh zero memory instead of a file. */
  readonly zero: boolean;
  /** Of an executable with fixed addresses. */
  readonly fixed: boolean;
  /** The program's own image holds it, whatever file its module has. */
  readonly own?: boolean;
  /** Of a range that joined its module's code: the protection that the linker gave it. */
  readonly asLinked?: number;
  /** Of a module that is opened later: no start maps it. */
  readonly opened?: boolean;
  /** Each process has it in private memory, filled from the file. */
  readonly filled?: boolean;
}

/**
 * `exact`: every range as the linker leaves it. `merged`: the read-only ranges of a module join its code, so that a
 * module is two ranges instead of four; its constants can then be executed, as before binutils 2.31. `none`: all of a module may be written
 * and executed, so that neighbours are one range: no system offers that, bench/mappings.mjs measures what it would be worth.
 */
export type Protections = 'exact' | 'merged' | 'none';

/**
 * Zero memory of at least so many bytes is mapped fresh where an arrangement has no wish; less is a hole of the image file, which saves
 * a call and a range in the kernel for each module with a small .bss. But a fault nearby maps pages of the hole, too.
 */
export const usualFreshZero = 256 * 1024;

/** All but the heap: regions by their start, each one's pieces together and ascending, even where regions overlap. */
export function collectPieces(
  blueprint: Blueprint,
  layout: Layout,
  moved: MovedPages,
  { protections, freshZero }: { readonly protections: Protections; readonly freshZero: number },
): Piece[] {
  const pieces = blueprint.regions.flatMap((_, index) =>
    regionPieces(
      blueprint,
      index,
      regionShift(blueprint, layout, index),
      at(moved, index, 'region'),
      freshZero,
    ),
  );
  const isOfModule = ({ region }: Piece): boolean => at(blueprint.regions, region).region.kind === 'module';
  const joined = {
    exact: () => pieces,
    merged: () => pieces.map(joinCode),
    none: () => pieces.map((piece) => (isOfModule(piece) ? openAll(piece) : piece)),
  }[protections]();
  const order = ({ region }: Piece): number => at(layout, region, 'region');
  return joined.sort((a, b) => order(a) - order(b) || a.region - b.region || a.address - b.address);
}

function regionPieces(
  blueprint: Blueprint,
  index: number,
  shift: number,
  moved: ReadonlyMap<Address, Buffer>,
  freshZero: number,
): Piece[] {
  const { region } = at(blueprint.regions, index, 'region');
  if (region.kind === 'heap') return [];
  return region.mappings.map(({ start, end, protection, fileOffset: offset }) => {
    const length = end - start;
    const pages = pagesBetween(moved, start, end, shift);
    const file = offset === undefined || !region.module ? undefined : { path: region.module.path, offset };
    const zero = !file && pages.size === 0 && length >= freshZero && protection !== PROT.none;
    const fixed = !region.movable;
    const opened = region.kind === 'opened';
    return { region: index, address: start + shift, length, protection, file, pages, zero, fixed, opened };
  });
}

function pagesBetween(
  pages: ReadonlyMap<Address, Buffer>,
  start: Address,
  end: Address,
  shift: number,
): Map<Address, Buffer> {
  const inside = [...pages].filter(([address]) => address >= start && address < end);
  return new Map(inside.map(([address, page]) => [address + shift, page]));
}

function openAll(piece: Piece): Piece {
  return { ...piece, protection: PROT.read | PROT.write | PROT.execute, zero: false };
}

function joinCode(piece: Piece): Piece {
  return piece.file && piece.protection === PROT.read
    ? { ...piece, protection: PROT.read | PROT.execute, asLinked: piece.protection }
    : piece;
}

/**
 * What a part gets that the loader has written to: no more than the linker gave it. Data that joined the code does not become
 * executable again, which a process that may make no memory executable could not do.
 */
export const protectionOnceWritten = ({ protection, asLinked = protection }: Piece): number => asLinked;
