/** Writes image and launcher of one program of a store. */
import path from 'node:path';
import type { LaidOut } from '../files/compose-program.ts';
import { freshName } from '../ranges/place-programs.ts';
import { writeImage } from '../image/write-image.ts';
import type { Blueprint } from '../provenance/explained.ts';
import { writtenPages } from '../provenance/written-pages.ts';
import { pageSize } from '../util/units.ts';
import type { StoredProgram, UnpreparedModule } from './catalogue.ts';
import { countPathOf } from './counts.ts';
import { names } from './folder.ts';
import type { Destination, Wish } from './session.ts';
import { wishOf } from './session.ts';

/** A wish, the record of its program, and of what that opens, modules that the record knows nothing of. */
export interface Recorded {
  readonly wish: Wish;
  readonly record: string;
  readonly unread: readonly UnpreparedModule[];
}

/** Image and launcher of one program. */
export function writeProgram(
  { store, readers }: Destination,
  { wish, record, unread }: Recorded,
  { placed, composed }: LaidOut,
): StoredProgram {
  const { asInterpreter, name } = wish;
  const { blueprint } = placed;
  const files = path.join(store, names.files);
  const countPath = countPathOf(store, name);
  const output = path.join(files, freshName(`${name}.launcher`));
  const imagePath = path.join(files, freshName(`${name}.image`));
  const image = writeImage(placed, composed, {
    ...{ output, imagePath, asInterpreter, ownName: name, countPath, readers },
  });
  return {
    ...wish,
    record,
    image: path.basename(imagePath),
    launcher: path.basename(output),
    ...(asInterpreter ? { loader: `${path.basename(output)}.loader` } : {}),
    shared: sharedFiles(files, composed.backings),
    modules: blueprint.facts.modules.map((module) => module.path),
    unprepared: [...unpreparedOf(blueprint), ...unread],
    writtenPages: writtenPages(blueprint.regions),
    ownPages: ownPages({ placed, composed }),
    notes: image.notes,
  };
}

function unpreparedOf({ opened }: Blueprint): UnpreparedModule[] {
  return opened.flatMap((each) => (each.prepared ? [] : [{ path: each.path, reason: each.reason }]));
}

/** A program that is laid out again, from its record. */
export function recordedAs(program: StoredProgram, { opened }: Blueprint): Recorded {
  const known = new Set(opened.map((module) => module.path));
  const unread = program.unprepared.filter(({ path: file }) => !known.has(file));
  return { wish: wishOf(program), record: program.record, unread };
}

function sharedFiles(files: string, backings: readonly string[]): string[] {
  return backings.filter((file) => path.dirname(file) === files).map((file) => path.basename(file));
}

/** Relocated pages that only this program's image holds. */
function ownPages({ composed }: LaidOut): number {
  const inParts = composed.contents.reduce((sum, { piece, address, length }) => {
    for (let page = address; page < address + length; page += pageSize) if (piece.pages.has(page)) sum++;
    return sum;
  }, 0);
  return inParts + composed.heap.pages.length;
}
