/** What each module holds in most of the programs that use it. */
import { createHash } from 'node:crypto';
import type { PlacedMemory } from '../image/compose-image.ts';
import type { Piece } from '../image/pieces.ts';
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';

export interface ModuleContent {
  readonly path: string;
  /** Of its first page. */
  readonly address: Address;
  /** Bytes from there to its end. */
  readonly size: number;
  /** In one of the programs; they differ in nothing but pages. */
  readonly pieces: readonly Piece[];
  /** That program. */
  readonly program: PlacedMemory;
  /** Pages that differ from the module's file in most programs. */
  readonly pages: ReadonlyMap<Address, Buffer>;
  /** A program that has each of these pages so. */
  readonly sources: ReadonlyMap<Address, PlacedMemory>;
  /** Pages that differ from the module's file in any program. */
  readonly touched: ReadonlySet<Address>;
}

/** Pieces of each movable module of a program, by its path. */
export function modulePieces({ blueprint, pieces }: PlacedMemory): ReadonlyMap<string, Piece[]> {
  const modules = new Map<string, Piece[]>();
  for (const piece of pieces) {
    const path = blueprint.regions[piece.region]?.region.module?.path;
    if (path === undefined || piece.fixed || piece.own) continue;
    const list = modules.get(path);
    if (list) list.push(piece);
    else modules.set(path, [piece]);
  }
  return modules;
}

/** The contents of the modules with these paths, from all programs that use them. */
export function collectContents(
  programs: readonly PlacedMemory[],
  paths: ReadonlySet<string>,
): ModuleContent[] {
  const variants = new Map<string, Member[]>();
  for (const program of programs)
    for (const [path, pieces] of modulePieces(program)) {
      if (!paths.has(path)) continue;
      const list = variants.get(path);
      if (list) list.push({ program, pieces });
      else variants.set(path, [{ program, pieces }]);
    }
  return [...variants].map(([path, members]) => mostFrequent(path, members));
}

/** A program's pieces of a module. */
interface Member {
  readonly program: PlacedMemory;
  readonly pieces: readonly Piece[];
}

/** Who opens the module later has its writable segments only; who needs it has all. */
function mostFrequent(path: string, members: readonly Member[]): ModuleContent {
  const { program, pieces } = members.find((each) => !isOpened(each)) ?? at(members, 0, 'program');
  const { address } = at(pieces, 0, 'piece');
  const last = at(pieces, pieces.length - 1, 'piece');
  const touched = new Set(members.flatMap((each) => each.pieces.flatMap((piece) => [...piece.pages.keys()])));
  const pages = new Map<Address, Buffer>();
  const sources = new Map<Address, PlacedMemory>();
  for (const page of touched) {
    const having = members.filter((each) => pieceOf(each.pieces, page));
    const candidates = having.map((each) => pieceOf(each.pieces, page)?.pages.get(page));
    const chosen = majority(candidates);
    const source = having[candidates.indexOf(chosen)];
    if (!chosen || !source) continue;
    pages.set(page, chosen);
    sources.set(page, source.program);
  }
  const size = last.address + last.length - address;
  return { path, address, size, pieces, program, pages, sources, touched };
}

function isOpened({ pieces }: Member): boolean {
  return pieces.every(({ opened }) => opened);
}

function pieceOf(pieces: readonly Piece[], page: Address): Piece | undefined {
  return pieces.find((piece) => page >= piece.address && page < piece.address + piece.length);
}

/** The content that most have; undefined is the file's own. */
function majority(candidates: readonly (Buffer | undefined)[]): Buffer | undefined {
  if (candidates.length === 1) return candidates[0];
  const counts = new Map<string, { count: number; readonly page: Buffer | undefined }>();
  for (const page of candidates) {
    const key = page ? hashOf(page) : '';
    const entry = counts.get(key) ?? { count: 0, page };
    entry.count++;
    counts.set(key, entry);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.page;
}

/** Names content; equal hashes are taken for equal bytes. */
export function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url');
}
