/** What the files of a store say: its catalogue, and a program's record. docs/formats/store.md, docs/formats/record.md. */
import { readFileSync } from 'node:fs';
import { decodeCatalogue } from '../store/catalogue.ts';
import { readRecord } from '../store/record.ts';
import type { OpenedModule } from '../provenance/explained.ts';
import { hex } from '../util/units.ts';

/** A stored file as names and values; numbers that are addresses or sizes as hexadecimal strings. */
export type StoredFile = Readonly<Record<string, unknown>>;

/** Throws LinkonceError for a catalogue that is damaged. */
export function describeCatalogue(path: string): StoredFile {
  const { settings, space, boot, loader, holdings, modules, programs, launchers, stock } = decodeCatalogue(
    readFileSync(path, 'utf8'),
    path,
  );
  return {
    ...{ path, kind: 'catalogue', ...settings },
    ...{ base: hex(space.base), boot, loader },
    programs: programs.map(({ name, variables, invocation, image, record, opened, unprepared }) => ({
      ...{ name, invocation, image, record },
      ...(opened.length > 0 && { opens: opened.length, unprepared: unprepared.length }),
      ...(variables.length > 0 && { variables: variables.join(' ') }),
    })),
    launchers,
    modules: modules.map(({ path: file, digest }) => ({ path: file, digest })),
    holdings: holdings.map(({ key, start, size, before = 0, numbers }) => ({
      ...{ start: hex(start), size: hex(size), before: hex(before), module: key },
      ...(numbers && { numbers }),
    })),
    stocked: stock.modules.map(({ path: module, file, offset }) => ({
      module,
      file: file.path,
      offset: hex(offset),
    })),
    runs: stock.runs.map(({ hash, pages, place }) => ({
      ...{ hash, pages, file: place.file.path, offset: hex(place.offset) },
    })),
  };
}

/** Throws LinkonceError for a record that is damaged. */
export function describeRecord(path: string): StoredFile {
  const { facts, start, regions, references, processWords, slots, vdsoSlots, opened } = readRecord(path);
  return {
    ...{ path, kind: 'record', program: facts.path, invocation: facts.invocation, libc: facts.libc },
    handoff: hex(start.handoff.address),
    references: references.count,
    boundSlots: slots.bound,
    lazySlots: slots.lazy,
    vdsoSlots: vdsoSlots.length,
    modules: facts.modules.map(({ name, path: file }) => ({ name, path: file })),
    opened: opened.map(describeOpened),
    regions: regions.map(({ region, pages, writtenPages }) => ({
      ...{ start: hex(region.start), end: hex(region.end), pages: pages.size, writtenPages },
      module: region.module?.path ?? 'memory of the linker',
    })),
    processWords: processWords.map(({ address, width, source }) => ({
      ...{ address: hex(address), width, source: source.kind },
    })),
  };
}

function describeOpened(module: OpenedModule): StoredFile {
  const { name, path: file } = module;
  if (!module.prepared) return { name, path: file, notPrepared: module.reason };
  return { name, path: file, relocations: module.relocations, leftToLinker: module.left };
}
