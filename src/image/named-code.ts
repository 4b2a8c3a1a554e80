/** The names of code in files of ours, for tools: functions of the modules that stand there, and what no module has. */
import path from 'node:path';
import { PF } from '../elf/constants.ts';
import { readNames } from '../elf/read-names.ts';
import type { NamedCode } from '../elf/symbol-table.ts';
import { ownFunction } from '../elf/symbol-table.ts';
import type { FileRange } from '../elf/tool-view.ts';
import type { Blueprint } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { regionShift } from '../provenance/layout.ts';
import { at } from '../util/present.ts';
import type { Address, FileOffset } from '../util/units.ts';
import type { Piece } from './pieces.ts';
import { PROT, noRegion } from './pieces.ts';
import type { Thunks } from './thunks.ts';

/** A piece, or a part of it, at its place in a file. */
export function fileRange(
  { protection }: Piece,
  place: { readonly address: Address; readonly length: number; readonly offset: FileOffset },
): FileRange {
  const { address, length, offset } = place;
  return { address, length, offset, flags: segmentFlags(protection) };
}

/** p_flags of what mmap(2) is given. */
export function segmentFlags(protection: number): number {
  const flag = (has: number, flags: number): number => ((protection & has) === 0 ? 0 : flags);
  return flag(PROT.read, PF.R) | flag(PROT.write, PF.W) | flag(PROT.execute, PF.X);
}

/** A program's memory, as much of it as says where a module is. */
export interface PieceOf {
  readonly blueprint: Blueprint;
  readonly layout: Layout;
  readonly piece: Piece;
}

/** What stands in executable pieces of a program, or of several: each module at each of its places once. */
export function piecesCode(pieces: readonly PieceOf[]): NamedCode[] {
  const executable = pieces.filter(({ piece }) => (piece.protection & PROT.execute) !== 0);
  const modules = new Map<string, { readonly file: string; readonly bias: number }>();
  for (const { blueprint, layout, piece } of executable) {
    if (!piece.file) continue;
    const bias =
      at(blueprint.regions, piece.region, 'region').region.loadBias +
      regionShift(blueprint, layout, piece.region);
    modules.set(`${String(bias)} ${piece.file.path}`, { file: piece.file.path, bias });
  }
  return [...[...modules.values()].map(moduleCode), madeCode(executable.map(({ piece }) => piece))];
}

function moduleCode({ file, bias }: { readonly file: string; readonly bias: number }): NamedCode {
  return { name: path.basename(file), bias, ...readNames(file, bias) };
}

/** Stubs and tables of a system that changes calls: memory of no file. */
function madeCode(pieces: readonly Piece[]): NamedCode {
  const made = pieces.filter(({ file }) => !file);
  const functions = made.map(({ region, address, length }) =>
    ownFunction(region === noRegion ? 'linkonce_table' : 'linkonce_stubs', address, length),
  );
  return { name: 'linkonce', bias: 0, functions };
}

/** The loader's copy, and what stands behind it. */
export function headCode(loader: Buffer, address: Address, { code, findObject, opener }: Thunks): NamedCode {
  const start = address + loader.length;
  const [found, opened] = [findObject ?? opener ?? code.length, opener ?? code.length];
  const functions = [
    ownFunction('linkonce_loader', address, loader.length),
    ownFunction('linkonce_vdso', start, found),
    ownFunction('linkonce_find_object', start + found, opened - found),
    ownFunction('linkonce_open', start + opened, code.length - opened),
  ];
  return { name: 'linkonce', bias: 0, functions: functions.filter(({ size }) => size > 0) };
}
