/**
 * The opener's table as it stands in an image (the layout is in plan-layout.ts). The plan's checksum does not cover it, and no start
 * reads it before a module is opened: it has a checksum of its own, for whoever reads or verifies an image.
 */
import { LinkonceError } from '../util/errors.ts';
import { pageSize } from '../util/units.ts';
import type { WideValues } from '../util/structure.ts';
import { decodeWide } from '../util/structure.ts';
import { planChecksum } from './checksum.ts';
import { openedHead, openedTables } from './plan-layout.ts';

export type OpenedTableName = keyof typeof openedTables;
export type OpenedRow<Name extends OpenedTableName> = WideValues<(typeof openedTables)[Name]>;

/** Numbers as they are, strings still as offsets. */
export interface DecodedOpened {
  readonly head: WideValues<typeof openedHead>;
  rows<Name extends OpenedTableName>(name: Name): OpenedRow<Name>[];
  /** The string at an offset. */
  text(offset: bigint): string;
}

/** The checksum is the first field. */
const checksumEnd = 8;

/** Gives the whole table, with its relocations, its checksum. */
export function sealOpened(bytes: Buffer): void {
  bytes.writeBigUInt64LE(planChecksum(bytes.subarray(checksumEnd)));
}

/**
 * `bytes`: all `opened_size` of them; `path`: the image; `imageSize`: bytes of it. Throws LinkonceError naming the image where the table
 * is damaged: where its checksum is another one, or a number in it leads out of what it counts in.
 */
export function decodeOpened(bytes: Buffer, path: string, imageSize: bigint): DecodedOpened {
  const fail = (problem: string): never => {
    throw new LinkonceError(`${path}: its table of opened modules is damaged: ${problem}`);
  };
  if (bytes.length < openedHead.size || bytes.length % 8 !== 0) return fail('it is truncated');
  if (bytes.readBigUInt64LE() !== planChecksum(bytes.subarray(checksumEnd))) return fail('wrong checksum');
  const head = decodeWide(openedHead, bytes, 0);
  const end = Number(head.relocations_offset);
  if (end < openedHead.size || end > bytes.length) return fail('its relocations are not in it');
  for (const name of Object.keys(openedTables) as OpenedTableName[]) requireInside(head, name, end, fail);
  const table: DecodedOpened = {
    head,
    rows: (name) => rowsOf(head, name, bytes),
    text: (offset) => textAt(bytes.subarray(0, end), Number(offset)) ?? fail('a path is not in it'),
  };
  requireSound(table, { relocations: BigInt(bytes.length - end), image: imageSize }, fail);
  return table;
}

type Fail = (problem: string) => never;
type Head = WideValues<typeof openedHead>;

function requireInside(head: Head, name: OpenedTableName, end: number, fail: Fail): void {
  const offset = Number(head[`${name}_offset`]);
  const length = Number(head[`${name}_count`]) * openedTables[name].size;
  if (offset < openedHead.size || offset + length > end) fail(`its ${name} are not in it`);
}

function rowsOf<Name extends OpenedTableName>(head: Head, name: Name, bytes: Buffer): OpenedRow<Name>[] {
  const { size } = openedTables[name];
  const start = Number(head[`${name}_offset`]);
  return Array.from({ length: Number(head[`${name}_count`]) }, (_, index) =>
    decodeWide(openedTables[name], bytes, start + index * size),
  );
}

function textAt(bytes: Buffer, offset: number): string | undefined {
  const end = offset < bytes.length ? bytes.indexOf(0, offset) : -1;
  return end < 0 ? undefined : bytes.toString('utf8', offset, end);
}

interface Sizes {
  readonly relocations: bigint;
  readonly image: bigint;
}

/** What the opener relies on. */
function requireSound(table: DecodedOpened, sizes: Sizes, fail: Fail): void {
  const modules = table.rows('modules');
  const pieces = table.rows('pieces');
  const edits = table.rows('edits');
  const files = table.rows('files');
  for (const { path } of [...modules, ...files]) table.text(path);
  requirePieces(pieces, files, sizes.image, fail);
  modules.forEach((module, index) => {
    const before = modules[index - 1];
    if (!isPages(module.address, module.length)) fail('a module is not of whole pages');
    if (before && module.address < before.address + before.length) fail('its modules are not in order');
    const inside = (address: bigint, length: bigint): boolean => isWithin(module, address, length);
    const words = module.applied === 0n ? [] : [module.applied, module.dynamic];
    if (!words.every((word) => inside(word, wordSize))) fail('a word of a module is not in it');
    const ownPieces = rangeOf(pieces, module.first_piece, module.pieces_count);
    const ownEdits = rangeOf(edits, module.first_edit, module.edits_count);
    if (!ownPieces?.every(({ address, length }) => inside(address, length)))
      fail('a piece of a module is not in it');
    if (!ownEdits?.every(({ address }) => inside(address, wordSize)))
      fail('an edit of a module is not in it');
  });
  const size = modules.reduce((sum, module) => sum + module.relocations_size, 0n);
  if (size > sizes.relocations) fail('its relocations are not in it');
}

const wordSize = 8n;

/** A file without an inode is the image itself. */
function requirePieces(
  pieces: readonly OpenedRow<'pieces'>[],
  files: readonly OpenedRow<'files'>[],
  imageSize: bigint,
  fail: Fail,
): void {
  for (const { address, length, offset, file } of pieces) {
    const source = files[Number(file)];
    if (!source) return fail('a piece has no file');
    if (!isPages(address, length) || !isPages(offset, length)) fail('a piece is not of whole pages');
    const size = source.inode === 0n ? imageSize : source.size;
    if (offset >= size) fail('a piece is not in its file');
  }
}

function isPages(start: bigint, length: bigint): boolean {
  const page = BigInt(pageSize);
  return start % page === 0n && length % page === 0n && length > 0n;
}

function isWithin(
  module: { readonly address: bigint; readonly length: bigint },
  address: bigint,
  length: bigint,
): boolean {
  return address >= module.address && address + length <= module.address + module.length;
}

/** Undefined where there are not so many. */
function rangeOf<T>(rows: readonly T[], first: bigint, count: bigint): readonly T[] | undefined {
  const end = first + count;
  return end > BigInt(rows.length) ? undefined : rows.slice(Number(first), Number(end));
}
