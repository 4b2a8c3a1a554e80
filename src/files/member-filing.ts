/**
 * Where one program's memory stands in the files of its collection, and which of its pages differ from there.
 *
 * A run of pages that differs costs the program a mapping. Runs with at most `gap` equal pages between them are one: each
 * page in such a gap is stored once more, and saves a mapping. Of forty programs 24.6 MiB of relocated pages are stored with a
 * gap of 0, 24.7 with 4 or 16: most runs that differ are single pages.
 */
import type { PlacedMemory } from '../image/compose-image.ts';
import type { Filing, Overlay, Place } from '../image/filing.ts';
import type { PageReader } from '../image/page-reader.ts';
import type { Piece } from '../image/pieces.ts';
import { PROT } from '../image/pieces.ts';
import type { FileIdentity } from '../program/program.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import { hashOf } from './contents.ts';
import type { StockedModule } from './stock.ts';
import { placeInStock, writtenPages } from './stock.ts';

/** Pages of a program that differ from its module's stored ones. */
export interface DeviatingRun {
  readonly program: PlacedMemory;
  readonly piece: Piece;
  readonly address: Address;
  readonly length: number;
  readonly bytes: Buffer;
  readonly hash: string;
}

export interface MemberFiling {
  readonly homes: ReadonlyMap<Piece, Place>;
  readonly runs: readonly DeviatingRun[];
}

/** Default of `gap`, pages. */
export const defaultGap = 4;

export interface FilingMeans {
  /** By their paths. */
  readonly stock: ReadonlyMap<string, StockedModule>;
  readonly codeFromModules: boolean;
  readonly reader: PageReader;
  /** Pages: see above. */
  readonly gap: number;
}

/** Compares a program with the stored modules. */
export function fileMember(placed: PlacedMemory, means: FilingMeans): MemberFiling {
  const homes = new Map<Piece, Place>();
  const runs: DeviatingRun[] = [];
  for (const piece of placed.pieces) {
    const home = homeOf(piece, placed, means);
    if (!home) continue;
    homes.set(piece, home);
    for (const run of deviatingRuns(piece, home, means)) runs.push({ program: placed, ...run });
  }
  return { homes, runs };
}

/** A place, and which pages of the file there the linker wrote to. */
interface Home extends Place {
  readonly written: readonly Address[];
}

/** Undefined where the program's own image has to hold it. */
function homeOf(piece: Piece, { blueprint }: PlacedMemory, means: FilingMeans): Home | undefined {
  const module = blueprint.regions[piece.region]?.region.module;
  if (!module || piece.own) return undefined;
  const stocked = piece.fixed ? undefined : means.stock.get(module.path);
  const stored = stocked && placeInStock(stocked, piece);
  if (stored)
    return { ...stored, written: writtenPages(stocked, piece.address, piece.address + piece.length) };
  const isModules =
    stocked !== undefined || (means.codeFromModules && isFromModule(piece, piece.pages.keys()));
  return isModules ? placeInModule(piece, module.identity) : undefined;
}

function placeInModule({ file }: Piece, identity: FileIdentity): Home | undefined {
  return file && { file: { kind: 'module', path: file.path, identity }, offset: file.offset, written: [] };
}

/**
 * Memory that no program's linker wrote to can be mapped from the module's own file. So can code of which a few pages are other ones,
 * such as that of a linker which calls the opener: these lie over it. `touched`: pages that a linker wrote to.
 */
export function isFromModule(
  { file, protection, address, length }: Piece,
  touched: Iterable<Address>,
): boolean {
  if (!file) return false;
  if ((protection & PROT.execute) !== 0) return true;
  for (const page of touched) if (page >= address && page < address + length) return false;
  return true;
}

function deviatingRuns(
  piece: Piece,
  home: Home,
  { reader, gap }: FilingMeans,
): Omit<DeviatingRun, 'program'>[] {
  const own = (page: Address): Buffer => piece.pages.get(page) ?? originalPage(piece, page, reader);
  const isOther = (page: Address): boolean =>
    !own(page).equals(reader.read(home.file.path, home.offset + page - piece.address));
  const candidates = new Set([...piece.pages.keys(), ...home.written]);
  const pages = [...candidates].filter(isOther).sort((a, b) => a - b);
  return joinRuns(pages, gap).map(({ start, end }) => {
    const count = (end - start) / pageSize;
    const bytes = Buffer.concat(Array.from({ length: count }, (_, index) => own(start + index * pageSize)));
    return { piece, address: start, length: end - start, bytes, hash: hashOf(bytes) };
  });
}

function originalPage({ file, address }: Piece, page: Address, reader: PageReader): Buffer {
  return file ? reader.read(file.path, file.offset + page - address) : Buffer.alloc(pageSize);
}

/** Runs of ascending pages; `gap` pages or fewer between two of them are taken in. */
export function joinRuns(pages: readonly Address[], gap: number): { start: Address; end: Address }[] {
  const runs: { start: Address; end: Address }[] = [];
  for (const page of pages) {
    const last = runs.at(-1);
    if (last && page - last.end <= gap * pageSize) last.end = page + pageSize;
    else runs.push({ start: page, end: page + pageSize });
  }
  return runs;
}

/** `places`: where runs stand that several programs have, by their hash; the others stand in the program's own image. */
export function toFiling({ homes, runs }: MemberFiling, places: ReadonlyMap<string, Place>): Filing {
  const overlays = new Map<Piece, Overlay[]>();
  for (const { piece, address, length, hash } of runs)
    overlays.set(piece, [...(overlays.get(piece) ?? []), { address, length, place: places.get(hash) }]);
  return { home: (piece) => homes.get(piece), overlays: (piece) => overlays.get(piece) ?? [] };
}
