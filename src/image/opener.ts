/**
 * What an image has so that modules which its processes open are prepared: the opener (native/opener.c), which the image's copy of
 * ld.so calls in place of mmap, and between plan and loader what it knows, with the relocation tables that ld.so reads.
 *
 *   head, modules, files, pieces, edits, strings     as long as they are
 *   tables of relocations                            their length is known before anything is filed, and so is where they stand
 */
import { readFileSync } from 'node:fs';
import { callInPlace } from '../machine/instructions.ts';
import type { Blueprint, PreparedModule } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { regionShift } from '../provenance/layout.ts';
import type { MovedPages } from '../provenance/materialize.ts';
import { nativePart } from '../util/native.ts';
import { at, present } from '../util/present.ts';
import type { Address, FileOffset } from '../util/units.ts';
import { pageSize, roundDown, roundUp } from '../util/units.ts';
import { PageReader } from './page-reader.ts';

/** The opener's code, which begins with the address of what it knows and then has its entry. */
export function openerCode(): Buffer {
  return readFileSync(nativePart('opener.bin'));
}

/** Of the entry. */
export const openerEntry = 8;

export function preparedModules({ opened }: Blueprint): PreparedModule[] {
  return opened.flatMap((module) => (module.prepared ? [module] : []));
}

/** Bytes of all tables of relocations, whole pages. */
export function relocationTablesSize(blueprint: Blueprint): number {
  return roundUp(preparedModules(blueprint).reduce((sum, { tables }) => sum + tables.length, 0));
}

/** The tables one behind the other. */
export function relocationTables(blueprint: Blueprint): Buffer {
  const bytes = Buffer.alloc(relocationTablesSize(blueprint));
  let next = 0;
  for (const { tables } of preparedModules(blueprint)) next += tables.copy(bytes, next);
  return bytes;
}

/**
 * Changes `moved` so that ld.so calls the opener at `opener`, and so that the dynamic sections of prepared modules lead to their tables,
 * which begin at `tables`.
 */
export function installOpener(
  blueprint: Blueprint,
  layout: Layout,
  moved: MovedPages,
  addresses: { readonly opener: Address; readonly tables: Address },
): MovedPages {
  if (!blueprint.opener) return moved;
  leadToTables(blueprint, layout, moved, addresses.tables);
  return callOpener(blueprint, blueprint.opener.site, moved, addresses.opener + openerEntry);
}

/** ld.so adds the load bias to where a table is. */
function leadToTables(blueprint: Blueprint, layout: Layout, moved: MovedPages, start: Address): void {
  let next = start;
  for (const { place, entries, tables } of preparedModules(blueprint)) {
    const { region } = at(blueprint.regions, place.region, 'region');
    const bias = region.loadBias + regionShift(blueprint, layout, place.region);
    for (const { address, value, isTable } of entries)
      if (isTable) setWord(at(moved, place.region), region.loadBias + address, BigInt(next + value - bias));
    next += tables.length;
  }
}

function setWord(pages: ReadonlyMap<Address, Buffer>, address: Address, value: bigint): void {
  const page = present(pages.get(roundDown(address)), 'page of a dynamic section');
  page.writeBigUInt64LE(BigInt.asUintN(64, value), address % pageSize);
}

/** The linker's own code has no relocations: its pages are the file's. */
function callOpener(blueprint: Blueprint, site: Address, moved: MovedPages, entry: Address): MovedPages {
  const { interpreter } = blueprint.facts;
  const index = blueprint.regions.findIndex(({ region }) => region.module?.path === interpreter.path);
  const pages = new Map(at(moved, index, 'linker'));
  const code = callInPlace(BigInt(entry));
  const reader = new PageReader();
  try {
    for (let address = site; address < site + code.length; address++) {
      const start = roundDown(address);
      const page = pages.get(start) ?? reader.read(interpreter.path, offsetOf(blueprint, index, start));
      pages.set(start, page);
      page.writeUInt8(at(code, address - site), address - start);
    }
  } finally {
    reader.close();
  }
  return moved.map((each, at) => (at === index ? pages : each));
}

function offsetOf({ regions }: Blueprint, index: number, page: Address): FileOffset {
  const { mappings } = at(regions, index).region;
  const mapping = mappings.find(({ start, end }) => page >= start && page < end);
  const { start, fileOffset } = present(mapping, "mapping of the linker's code");
  return present(fileOffset, "place of the linker's code") + page - start;
}
