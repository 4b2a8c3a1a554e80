/**
 * Reads a store back: what each plan would map, page by page, must be the program's memory as its record says, and every file
 * must be accounted for.
 */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { placeProgram } from '../files/place-program.ts';
import type { PlacedMemory } from '../image/compose-image.ts';
import { PageReader } from '../image/page-reader.ts';
import { interpreterCopy } from '../image/interpreter-copy.ts';
import type { LauncherForm } from '../image/launcher-file.ts';
import { decodeLauncher, launcherFile } from '../image/launcher-file.ts';
import type { Piece } from '../image/pieces.ts';
import type { DecodedOpened } from '../image/decode-opened.ts';
import type { DecodedPlan } from '../image/plan.ts';
import { rowIdentity } from '../image/plan.ts';
import { readOpenedTable } from '../image/read-opened.ts';
import { readPlan, verifyImage } from '../image/verify-image.ts';
import { fileIdentity, sameIdentity } from '../program/file-identity.ts';
import { nativePart } from '../util/native.ts';
import type { Address } from '../util/units.ts';
import { hex, pageSize } from '../util/units.ts';
import type { Catalogue, StoredProgram } from './catalogue.ts';
import { filesOf, launcherOfName, referencedFiles, requireCatalogue, titleOf } from './catalogue.ts';
import type { Leftover } from './commit.ts';
import { findLeftovers } from './commit.ts';
import { countPathOf } from './counts.ts';
import { names, shownPlaces } from './folder.ts';
import type { StoreContext } from './lock.ts';
import { withStoreView } from './lock.ts';
import { changedFile, damageOf, loaderDigest } from './freshness.ts';
import type { MappedPlace } from './mapped-memory.ts';
import { MappedMemory, OpenedMemory } from './mapped-memory.ts';
import { joinedFiles } from './joined-launchers.ts';
import { writtenElsewhere } from './moved-store.ts';
import { at } from '../util/present.ts';
import { arrangementOf } from './session.ts';
import { currentBlueprint } from './current-blueprint.ts';
import { contentDigestAt } from '../util/content-digest.ts';
import { attempt } from '../util/outcome.ts';

/** What a comparison of all stored pages with the modules found. */
export interface Verified {
  readonly programs: number;
  /** Pages that were read and compared. */
  readonly pages: number;
  /** One line each. */
  readonly faults: readonly string[];
  /** Programs whose modules changed since: they run through the platform's linker, and were not compared. */
  readonly stale: readonly string[];
  /** Files that no program needs: interrupted commands leave them. */
  readonly leftovers: readonly Leftover[];
}

/** Throws LinkonceError where there is no store, or its catalogue is damaged. */
export async function verifyStore(context: StoreContext): Promise<Verified> {
  const { store, onProgress } = context;
  requireCatalogue(store);
  return withStoreView(context, () => verify(store, requireCatalogue(store), onProgress));
}

function verify(store: string, catalogue: Catalogue, onProgress: (step: string) => void): Verified {
  const faults = missingFiles(store, catalogue);
  const movedFrom = writtenElsewhere(store, catalogue);
  if (movedFrom !== undefined) return unread(store, catalogue, movedFrom, faults);
  const comparison = new Comparison();
  const stale: string[] = [];
  const isOtherLoader = catalogue.loader !== loaderDigest();
  for (const program of catalogue.programs) {
    onProgress(`comparing ${program.name}`);
    if (program.relocatedAtStart !== undefined || lacksFile(store, program)) continue;
    const outcome = attempt(() => {
      if (isOtherLoader || isStale(store, program)) stale.push(titleOf(program));
      else faults.push(...verifyProgram(store, catalogue, program, comparison));
    });
    if ('failure' in outcome) faults.push(outcome.failure.message);
  }
  comparison.close();
  return {
    programs: catalogue.programs.length,
    pages: comparison.pages,
    faults,
    stale,
    leftovers: findLeftovers(store, [catalogue]),
  };
}

/** Its plans lead to files of another place, which there may be, or not. */
function unread(store: string, catalogue: Catalogue, movedFrom: string, faults: readonly string[]): Verified {
  const moved = `${store}: was written for ${movedFrom}: \`store update\` writes its paths anew`;
  const leftovers = findLeftovers(store, [catalogue]);
  const { length: programs } = catalogue.programs;
  return { programs, pages: 0, faults: [moved, ...faults], stale: [], leftovers };
}

/** A fault of its own. */
function lacksFile(store: string, program: StoredProgram): boolean {
  return filesOf(program).some((name) => !existsSync(path.join(store, names.files, name)));
}

function isStale(store: string, { failed, image }: StoredProgram): boolean {
  return failed !== undefined || changedFile(readPlan(path.join(store, names.files, image))) !== undefined;
}

function missingFiles(store: string, catalogue: Catalogue): string[] {
  const missing = [...referencedFiles(catalogue)]
    .map((name) => path.join(store, names.files, name))
    .filter((file) => !existsSync(file));
  const others = catalogue.programs.filter(
    (program) => !lacksFile(store, program) && !isInBin(store, catalogue, program.name),
  );
  return [
    ...missing.map((file) => `${file}: is missing`),
    ...[...new Set(others.map(({ name }) => name))].map(
      (name) => `${path.join(store, names.bin, name)}: is not the launcher`,
    ),
    ...(missing.length > 0 ? [] : joinedFaults(store, catalogue)),
  ];
}

/** Launchers of several forms are made again, and must be the same. */
function joinedFaults(store: string, catalogue: Catalogue): string[] {
  const files = path.join(store, names.files);
  const { programs, launchers } = catalogue;
  return launchers.flatMap(({ name, launcher, loader, forms }) => {
    const rows = programs.filter((each) => each.name === name && forms.includes(each.launcher));
    const written = [...(loader === undefined ? [] : [loader]), launcher];
    const expected = joinedFiles(files, rows, loader && path.join(files, loader));
    return written
      .filter((file, index) => !readFileSync(path.join(files, file)).equals(at(expected, index)))
      .map((file) => `${path.join(files, file)}: is not the launcher of ${name}`);
  });
}

function isInBin(store: string, catalogue: Catalogue, name: string): boolean {
  const launcher = launcherOfName(catalogue, name);
  const entry = lstatSync(path.join(store, names.bin, name), { throwIfNoEntry: false });
  if (launcher === '') return entry?.isSymbolicLink() ?? false;
  const file = lstatSync(path.join(store, names.files, launcher), { throwIfNoEntry: false });
  return entry !== undefined && entry.ino === file?.ino;
}

function verifyProgram(
  store: string,
  catalogue: Catalogue,
  program: StoredProgram,
  comparison: Comparison,
): string[] {
  const files = path.join(store, names.files);
  const loader = readFileSync(nativePart('loader.bin'));
  const { space, holdings, settings } = catalogue;
  const blueprint = currentBlueprint(store, program);
  const arrangement = arrangementOf(settings);
  const placed = placeProgram(blueprint, { holdings, space, arrangement, loader, shown: shownPlaces(store) });
  const image = path.join(files, program.image);
  const plan = verifyImage(image, loader);
  const memory = new MappedMemory(plan, image);
  const table = readOpenedTable(image, plan);
  const opened = table && new OpenedMemory(table, image);
  const wrong = placed.pieces.flatMap((piece) => {
    const row = placed.regions.rowOf(piece.region);
    return comparison.differences(piece, (page) => (piece.opened ? opened?.at(page) : memory.at(page, row)));
  });
  const faults = wrong
    .slice(0, 1)
    .map(
      (page) => `${program.name}: wrong memory at ${hex(page)}, and ${String(wrong.length - 1)} more pages`,
    );
  const damage =
    damageOf(files, program) ?? (table && changedSource(files, table)) ?? otherContent(files, program);
  return [
    ...(damage !== undefined && faults.length === 0 ? [damage] : faults),
    ...launcherFaults(store, program, placed, plan),
  ];
}

/** A file that the opener would not accept. */
function changedSource(files: string, table: DecodedOpened): string | undefined {
  const sources = table
    .rows('files')
    .map((row) => ({ path: table.text(row.path), identity: rowIdentity(row) }));
  const changed = sources
    .filter(({ path: file, identity }) => path.dirname(file) === files && identity.inode !== 0n)
    .find(({ path: file, identity }) => !sameIdentity(fileIdentity(file), identity));
  return changed && `${changed.path}: is not as it was written`;
}

/** What a start does not read of an image is known by its digest. */
function otherContent(files: string, program: StoredProgram): string | undefined {
  const image = path.join(files, program.image);
  const written = formOf(files, program)?.digest;
  if (!written || contentDigestAt(image).equals(written)) return undefined;
  return `${image}: is not as it was written`;
}

function formOf(files: string, { launcher, loader = launcher }: StoredProgram): LauncherForm | undefined {
  return decodeLauncher(readFileSync(path.join(files, loader)))?.forms[0];
}

/** The launcher is made again, and must be the same; an image that was put back with its bytes has another identity than it names. */
function launcherFaults(
  store: string,
  program: StoredProgram,
  placed: PlacedMemory,
  { header }: DecodedPlan,
): string[] {
  const { name, image, launcher, loader } = program;
  const { facts } = placed.blueprint;
  const files = path.join(store, names.files);
  const written = formOf(files, program);
  const code = launcherFile(placed.loader, facts, {
    form: {
      imagePath: path.join(files, image),
      identity: written?.identity ?? fileIdentity(path.join(files, image)),
      planAddress: Number(header.plan_address),
      tablesSize: Number(header.tables_size),
      headSize: Number(header.head_size),
      checksum: header.checksum,
      digest: written?.digest ?? contentDigestAt(path.join(files, image)),
    },
    ownName: name,
    countPath: countPathOf(store, name),
    interpreter: loader !== undefined,
    endOnCollision: placed.endOnCollision,
  });
  const expected: [string, Buffer][] =
    loader === undefined
      ? [[launcher, code]]
      : [
          [loader, code],
          [launcher, interpreterCopy(facts.path, path.join(files, loader))],
        ];
  return expected
    .filter(([file, bytes]) => !readFileSync(path.join(files, file)).equals(bytes))
    .map(([file]) => `${path.join(files, file)}: is not the launcher of ${name}`);
}

/** Compares memory with what is mapped; pages that several programs have are compared once. */
class Comparison {
  readonly #reader = new PageReader();
  readonly #equal = new Set<string>();
  pages = 0;

  /** Addresses of the piece's pages that are not as they must be. */
  differences(piece: Piece, placeOf: (page: Address) => MappedPlace | undefined): Address[] {
    const wrong: Address[] = [];
    for (let page = piece.address; page < piece.address + piece.length; page += pageSize)
      if (!this.#isRight(piece, page, placeOf(page))) wrong.push(page);
    return wrong;
  }

  #isRight(piece: Piece, page: Address, place: MappedPlace | undefined): boolean {
    if (!place) return false;
    const written = piece.pages.get(page);
    const source = piece.file && { path: piece.file.path, offset: piece.file.offset + page - piece.address };
    if (!written && source?.path === place.path && source?.offset === place.offset) return true;
    const key = written
      ? undefined
      : `${place.path ?? ''} ${String(place.offset)} ${source?.path ?? ''} ${String(source?.offset)}`;
    if (key !== undefined && this.#equal.has(key)) return true;
    const expected = written ?? this.#read(source);
    this.pages++;
    const isRight = this.#read(place).equals(expected);
    if (isRight && key !== undefined) this.#equal.add(key);
    return isRight;
  }

  #read(place: { readonly path: string | undefined; readonly offset: number } | undefined): Buffer {
    return place?.path === undefined ? Buffer.alloc(pageSize) : this.#reader.read(place.path, place.offset);
  }

  close(): void {
    this.#reader.close();
  }
}
