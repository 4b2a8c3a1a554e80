/**
 * What the opener knows of the modules that a program opens (native/opener.c; the layout is in plan-layout.ts): a head, room for the
 * image's own path, the rows, strings; and at the end the tables of relocations, whose place does not depend on the rest.
 */
import type { FileIdentity } from '../program/program.ts';
import type { Blueprint, OpenedModule, OpenedPlace } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { moveAddress, regionShift } from '../provenance/layout.ts';
import { LinkonceError } from '../util/errors.ts';
import { at, present } from '../util/present.ts';
import type { AllValues, Structure } from '../util/structure.ts';
import { decode, encodeInto } from '../util/structure.ts';
import type { Address, FileOffset } from '../util/units.ts';
import { roundUp } from '../util/units.ts';
import type { Backing } from './backing.ts';
import { pathOfBacking } from './backing.ts';
import { sealOpened } from './decode-opened.ts';
import { relocationTables } from './opener.ts';
import { identityFields, noIdentity } from './plan.ts';
import { openedHead, openedTables } from './plan-layout.ts';
import { Strings } from './strings.ts';

/** Memory of a prepared module, and where it stands. */
export interface OpenedPiece {
  /** Index of the module's region. */
  readonly region: number;
  readonly address: Address;
  readonly length: number;
  readonly backing: Backing;
  readonly offset: FileOffset;
  /** It replaces pages of another piece, and is mapped behind it. */
  readonly isOver: boolean;
}

export interface OpenedInput {
  readonly blueprint: Blueprint;
  readonly layout: Layout;
  readonly pieces: readonly OpenedPiece[];
  /** Where the plan will be. */
  readonly plan: Address;
}

type TableName = keyof typeof openedTables;
type Rows = Readonly<Record<TableName, readonly Readonly<Record<string, number | bigint | string>>[]>>;
type Head = AllValues<typeof openedHead>;

/** PATH_MAX of linux/limits.h: the image's own path is known when it is written. */
const pathRoom = 4096;
const pathOffset = openedHead.size;
const tableNames = Object.keys(openedTables) as TableName[];

/** Whole pages; their number does not depend on addresses and offsets. Nothing where the program opens nothing. */
export function openedTable(input: OpenedInput): Buffer {
  const { blueprint, plan } = input;
  if (!blueprint.opener) return Buffer.alloc(0);
  const { debug, firstMaps, statusCall } = blueprint.opener;
  const rows = rowsOf(input);
  const places = placesOf(rows);
  const strings = new Strings(places.end);
  const bodies = tableNames.map((name) => encodeRows(openedTables[name], rows[name], strings));
  const text = strings.all();
  const bytes = Buffer.alloc(roundUp(places.end + text.length));
  const head = {
    debug: moveAddress(blueprint, input.layout, debug),
    plan,
    first_maps: firstMaps,
    status_call: statusCall,
  };
  const later = { checksum: 0, owner: 0, relocations_offset: bytes.length, reserved: 0 };
  encodeInto(openedHead, { ...head, ...later, ...places.fields } as unknown as Head, bytes, 0);
  bodies.forEach((body, index) => body.copy(bytes, at(places.offsets, index)));
  text.copy(bytes, places.end);
  return Buffer.concat([bytes, relocationTables(blueprint)]);
}

/** Writes into a table which image it is part of, and whose that is, and seals it. Throws LinkonceError for a path that no kernel takes. */
export function nameImage(table: Buffer, imagePath: string, owner: number): void {
  if (table.length === 0) return;
  const path = Buffer.from(`${imagePath}\0`);
  if (path.length > pathRoom) throw new LinkonceError(`${imagePath}: the path is too long`);
  table.fill(0, pathOffset, pathOffset + pathRoom);
  path.copy(table, pathOffset);
  encodeInto(openedHead, { ...decode(openedHead, table), owner }, table, 0);
  sealOpened(table);
}

function placesOf(rows: Rows) {
  let next = pathOffset + pathRoom;
  const fields: Record<string, number> = {};
  const offsets = tableNames.map((name) => {
    const offset = next;
    next += openedTables[name].size * rows[name].length;
    Object.assign(fields, { [`${name}_offset`]: offset, [`${name}_count`]: rows[name].length });
    return offset;
  });
  return { offsets, fields, end: next };
}

function encodeRows(of: Structure, rows: Rows[TableName], strings: Strings): Buffer {
  const bytes = Buffer.alloc(rows.length * of.size);
  rows.forEach((row, index) => {
    const values = Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'string' ? strings.add(value) : value,
    ]);
    const complete = { reserved: 0, ...Object.fromEntries(values) } as AllValues<Structure>;
    encodeInto(of, complete, bytes, index * of.size);
  });
  return bytes;
}

type Placed = OpenedModule & { readonly place: OpenedPlace };

function rowsOf(input: OpenedInput): Rows {
  const { blueprint, layout, pieces } = input;
  const placed = blueprint.opened.filter((each): each is Placed => each.place !== undefined);
  placed.sort((a, b) => at(layout, a.place.region) - at(layout, b.place.region));
  const files = new Map<string, { readonly identity: FileIdentity; readonly path: string | number }>();
  files.set('', { identity: noIdentity, path: pathOffset });
  for (const { backing } of pieces) if (backing.kind !== 'own') files.set(backing.path, backing);
  const fileIndex = new Map([...files.keys()].map((path, index) => [path, index]));
  const own = placed.map((module) =>
    pieces
      .filter(({ region }) => region === module.place.region)
      .map((piece) => ({ piece, file: present(fileIndex.get(pathOfBacking(piece.backing)), 'file') }))
      // Pieces of one file follow each other: it is opened once.
      .sort((a, b) => Number(a.piece.isOver) - Number(b.piece.isOver) || a.file - b.file),
  );
  const edits = placed.map((module) => editsOf(module, input));
  const starts = (lists: readonly (readonly unknown[])[], index: number): number =>
    lists.slice(0, index).reduce((sum, each) => sum + each.length, 0);
  return {
    modules: placed.map((module, index) => ({
      ...identityFields(module.identity),
      ...moduleFields(module, input),
      ...{ first_piece: starts(own, index), pieces_count: at(own, index).length },
      ...{ first_edit: starts(edits, index), edits_count: at(edits, index).length },
      path: module.path,
    })),
    files: [...files.values()].map(({ identity, path }) => ({ ...identityFields(identity), path })),
    pieces: own
      .flat()
      .map(({ piece: { address, length, offset }, file }) => ({ address, length, offset, file })),
    edits: edits.flat(),
  };
}

function moduleFields(module: Placed, { blueprint, layout }: OpenedInput) {
  const { region } = at(blueprint.regions, module.place.region, 'region');
  const bias = region.loadBias + regionShift(blueprint, layout, module.place.region);
  return {
    address: at(layout, module.place.region),
    length: module.place.length,
    reserved_length: module.place.reserved,
    // Below zero for a module that lies below the address that it was linked for.
    load_bias: BigInt.asUintN(64, BigInt(bias)),
    dynamic: bias + module.place.dynamic,
    applied: module.prepared ? bias + module.applied : 0,
    relocations_size: module.prepared ? module.tables.length : 0,
  };
}

/** What makes the module as if it were not prepared, once ld.so has added the load bias to where its tables are. */
function editsOf(module: Placed, { blueprint, layout }: OpenedInput): Rows['edits'] {
  if (!module.prepared) return [];
  const { region } = at(blueprint.regions, module.place.region, 'region');
  const bias = region.loadBias + regionShift(blueprint, layout, module.place.region);
  const { entries, originals } = module;
  const words = Array.from({ length: originals.length / 16 }, (_, index) => ({
    address: BigInt(bias) + originals.readBigUInt64LE(index * 16),
    value: originals.readBigUInt64LE(index * 16 + 8),
  }));
  return [
    ...entries.map(({ address, isTable, original }) => ({
      address: bias + address,
      value: isTable ? bias + original : original,
    })),
    ...words,
  ];
}
