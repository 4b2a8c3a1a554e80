/**
 * Builds programs into a store: new ones, and those of which something changed. Programs that are not asked for keep their
 * files; what they share with the new ones is used again.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Arrangement } from '../collection/arrangement.ts';
import type { LaidOut } from '../collection/lay-out.ts';
import { layOut, requirePlaceable } from '../collection/lay-out.ts';
import type { Placing } from '../collection/place-programs.ts';
import { requireMovable } from '../collection/movable.ts';
import { freshName, orderOf, placePrograms } from '../collection/place-programs.ts';
import type { Stock } from '../collection/stock.ts';
import type { BackingFile } from '../image/filing.ts';
import { writeImage } from '../image/write-image.ts';
import { sameIdentity } from '../program/file-identity.ts';
import { loadProgram } from '../program/load-program.ts';
import type { Program } from '../program/program.ts';
import { cachedReader } from '../program/read-module.ts';
import type { Blueprint } from '../provenance/explained.ts';
import { findSystem } from '../systems/registry.ts';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';
import { pageSize } from '../util/units.ts';
import { captureAll } from './capture-pool.ts';
import type { Catalogue, KnownModule, StoredProgram, StoreSettings } from './catalogue.ts';
import { identityOf, loaderDigest, moduleDigest } from './freshness.ts';
import { names } from './folder.ts';
import { readRecord } from './record.ts';
import { currentBlueprint } from './current-blueprint.ts';
import { withoutWorn } from './worn-files.ts';

/** A program that shall be in the store. */
export interface Wish {
  readonly name: string;
  readonly invocation: string;
  readonly asInterpreter: boolean;
}

export interface Rebuilt {
  readonly catalogue: Catalogue;
  /** In the order of the wishes. */
  readonly failures: readonly { readonly wish: Wish; readonly error: LinkonceError }[];
}

export type OnProgress = (step: string) => void;

interface Loaded {
  readonly wish: Wish;
  readonly program: Program;
}

interface Session {
  readonly store: string;
  readonly arrangement: Arrangement;
  /** Of the programs that are kept. */
  readonly base: Catalogue;
  readonly failures: { readonly wish: Wish; readonly error: LinkonceError }[];
  readonly onProgress: OnProgress;
}

/**
 * `catalogue`: what the store has; programs of it with the name of a wish are replaced, or stay as failed ones. The caller
 * commits the result.
 */
export async function rebuild(
  store: string,
  catalogue: Catalogue,
  wishes: readonly Wish[],
  onProgress: OnProgress,
): Promise<Rebuilt> {
  onProgress('reading the modules');
  const failures: Session['failures'] = [];
  const loaded = loadAll(wishes, failures);
  const { base, worn } = withoutWorn(withoutChanged(catalogue, wishes, loaded));
  const session = { store, arrangement: arrangementOf(catalogue.settings), base, failures, onProgress };
  const placing = placePrograms(
    loaded.map(({ wish, program }) => ({ name: wish.name, program })),
    session.arrangement,
    base.space,
    { holdings: base.holdings, programs: placedPrograms(base, worn) },
  );
  const relocated = collectRelocated(loaded, placing, failures);
  const captured = [
    ...worn.map((program) => ({ ...program, wish: program, blueprint: currentBlueprint(store, program) })),
    ...(await capture(session, loaded, placing)),
  ];
  onProgress('writing images');
  const written = writeAll(session, captured, placing);
  const built = [...relocated, ...written.programs, ...failedAgain(catalogue, failures)];
  return { failures, catalogue: merge(session, loaded, placing, built, written.added) };
}

/** Programs that could not be built again keep their files, and run through the platform's linker. */
function failedAgain({ programs }: Catalogue, failures: Session['failures']): StoredProgram[] {
  return failures.flatMap(({ wish, error }) =>
    programs.filter(({ name }) => name === wish.name).map((each) => ({ ...each, failed: error.message })),
  );
}

/** Names and movable modules of programs that are not captured now. */
function placedPrograms(
  { programs, holdings }: Catalogue,
  worn: readonly StoredProgram[],
): { readonly name: string; readonly modules: readonly string[] }[] {
  const placed = new Set(holdings.map(({ key }) => key));
  return [...programs, ...worn].map(({ name, modules }) => ({
    name,
    modules: modules.filter((file) => placed.has(file)),
  }));
}

/** Throws LinkonceError where the system or its variant has nothing for a store to arrange. */
export function arrangementOf({ system, variant }: StoreSettings): Arrangement {
  const arrangement = findSystem(system)?.arrangements[variant];
  if (!arrangement) throw new LinkonceError(`${system}:${variant} is no system of a store`);
  return arrangement;
}

function loadAll(wishes: readonly Wish[], failures: Session['failures']): Loaded[] {
  const read = cachedReader();
  return wishes.flatMap((wish) => {
    try {
      return [{ wish, program: loadProgram(wish.invocation, { read }) }];
    } catch (error) {
      if (!(error instanceof LinkonceError)) throw error;
      failures.push({ wish, error });
      return [];
    }
  });
}

/** The store without the programs that are built again, and without what it knows of files that changed. */
function withoutChanged(catalogue: Catalogue, wishes: readonly Wish[], loaded: readonly Loaded[]): Catalogue {
  const replaced = new Set(wishes.map(({ name }) => name));
  const programs = catalogue.programs.filter(({ name }) => !replaced.has(name));
  const now = new Map(
    loaded.flatMap(({ program }) => program.modules.map((each) => [each.path, each] as const)),
  );
  const changed = new Set(
    catalogue.modules
      .filter((known) => {
        const module = now.get(known.path);
        if (!module || sameIdentity(module.identity, known.identity)) return false;
        return moduleDigest(module) !== known.digest;
      })
      .map((known) => known.path),
  );
  const isKept = ({ path: file }: { readonly path: string }): boolean => !changed.has(file);
  const { modules: stocked, runs } = catalogue.stock;
  return {
    ...catalogue,
    programs,
    modules: catalogue.modules.filter(isKept),
    holdings: catalogue.holdings.filter(({ key }) => !changed.has(key)),
    stock: {
      modules: stocked.filter((each) => isKept(each) && isAsWritten(each.file)),
      runs: runs.filter(({ place }) => isAsWritten(place.file)),
    },
  };
}

/** Whether a shared file is still the one that the store wrote. */
function isAsWritten({ path: file, identity }: BackingFile): boolean {
  const now = identityOf(file);
  return now !== undefined && sameIdentity(now, identity);
}

/** Programs that the platform's linker runs since their modules collide; those with an error are failures. */
function collectRelocated(
  loaded: readonly Loaded[],
  placing: Placing,
  failures: Session['failures'],
): StoredProgram[] {
  return [...placing.failures].flatMap(([index, failure]) => {
    const one = loaded[index];
    if (!one) return [];
    if ('error' in failure) {
      failures.push({ wish: one.wish, error: failure.error });
      return [];
    }
    const { relocatedAtStart } = failure;
    const nothing = { record: '', image: '', launcher: '', shared: [], writtenPages: 0, ownPages: 0 };
    const modules = one.program.modules.map((module) => module.path);
    const notes = [`relocated at each start by the platform's linker: ${relocatedAtStart}`];
    return [{ ...one.wish, ...nothing, relocatedAtStart, modules, notes }];
  });
}

interface Captured {
  readonly wish: Wish;
  readonly record: string;
  readonly blueprint: Blueprint;
}

async function capture(session: Session, loaded: readonly Loaded[], placing: Placing): Promise<Captured[]> {
  const { store, failures, onProgress } = session;
  const ready = loaded.filter((_, index) => !placing.failures.has(index));
  const orders = ready.map(({ wish, program }) => ({
    invocation: wish.invocation,
    modules: orderOf(program, placing.holdings),
    output: path.join(store, names.files, `${freshName(wish.name)}.record`),
  }));
  onProgress(`capturing, 0 of ${String(orders.length)}`);
  const errors = await captureAll(orders, (done) => {
    onProgress(`capturing, ${String(done)} of ${String(orders.length)}`);
  });
  return ready.flatMap((one, index) => {
    const output = orders[index]?.output ?? '';
    const error = errors[index];
    const blueprint = error ? undefined : readRecord(output);
    const problem =
      error ??
      (blueprint && (changedMeanwhile(one.program, blueprint) ?? reasonToStay(blueprint, session, placing)));
    if (problem) failures.push({ wish: one.wish, error: problem });
    return problem || !blueprint ? [] : [{ ...one, record: path.basename(output), blueprint }];
  });
}

/** The modules that were captured must be those that were read before, and got their places. */
function changedMeanwhile({ invocation, modules }: Program, { facts }: Blueprint): LinkonceError | undefined {
  const other = facts.modules.find(({ path: file, identity }, index) => {
    const module = modules[index];
    return module?.path !== file || !sameIdentity(module.identity, identity);
  });
  return other || facts.modules.length !== modules.length
    ? new LinkonceError(`${other?.path ?? invocation}: changed while ${invocation} was bound`)
    : undefined;
}

/** Why a program cannot be arranged so; undefined where it can. */
function reasonToStay(
  blueprint: Blueprint,
  { arrangement, base }: Session,
  { holdings }: Placing,
): LinkonceError | undefined {
  try {
    requireMovable(blueprint, arrangement);
    requirePlaceable(blueprint, { holdings, space: base.space });
    return undefined;
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    return error;
  }
}

interface Written {
  readonly programs: readonly StoredProgram[];
  readonly added: Stock;
}

function writeAll(session: Session, captured: readonly Captured[], placing: Placing): Written {
  const { store, arrangement, base, failures } = session;
  const files = path.join(store, names.files);
  const { programs, added } = layOut({
    ...{ arrangement, space: base.space, stock: base.stock, gap: base.settings.gap },
    blueprints: captured.map(({ blueprint }) => blueprint),
    ...placing,
    newFile: (name) => path.join(files, freshName(name)),
    loader: readFileSync(nativePart('loader.bin')),
  });
  const stored = programs.flatMap((laidOut, index) => {
    const one = captured[index];
    if (!one) return [];
    try {
      return [writeProgram(files, one, laidOut)];
    } catch (error) {
      if (!(error instanceof LinkonceError)) throw error;
      failures.push({ wish: one.wish, error });
      return [];
    }
  });
  return { programs: stored, added };
}

/** Image and launcher of one program. */
export function writeProgram(
  files: string,
  { wish, record, blueprint }: Pick<Captured, 'wish' | 'record' | 'blueprint'>,
  { placed, composed }: LaidOut,
): StoredProgram {
  const { asInterpreter, name } = wish;
  const output = path.join(files, freshName(`${name}.launcher`));
  const imagePath = path.join(files, freshName(`${name}.image`));
  const image = writeImage(placed, composed, { output, imagePath, asInterpreter });
  return {
    ...wish,
    record,
    image: path.basename(imagePath),
    launcher: path.basename(output),
    ...(asInterpreter ? { loader: `${path.basename(output)}.loader` } : {}),
    shared: sharedFiles(files, composed.backings),
    modules: blueprint.facts.modules.map((module) => module.path),
    writtenPages: blueprint.regions.reduce((sum, region) => sum + region.writtenPages, 0),
    ownPages: ownPages({ placed, composed }),
    notes: image.notes,
  };
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

function merge(
  { base }: Session,
  loaded: readonly Loaded[],
  placing: Placing,
  built: readonly StoredProgram[],
  added: Stock,
): Catalogue {
  const programs = [...base.programs, ...built].sort((a, b) => (a.name < b.name ? -1 : 1));
  const used = new Set(programs.flatMap(({ modules }) => modules));
  const { modules, runs } = base.stock;
  return {
    ...base,
    loader: loaderDigest(),
    programs,
    modules: knownModules(base, loaded).filter((each) => used.has(each.path)),
    holdings: placing.holdings.filter(({ key }) => used.has(key)),
    stock: {
      modules: [...modules, ...added.modules].filter((each) => used.has(each.path)),
      runs: [...runs, ...added.runs].filter(({ place }) =>
        programs.some(({ shared }) => shared.includes(path.basename(place.file.path))),
      ),
    },
  };
}

function knownModules(base: Catalogue, loaded: readonly Loaded[]): KnownModule[] {
  const known = new Map(base.modules.map((each) => [each.path, each]));
  for (const { program } of loaded)
    for (const module of program.modules) {
      const { path: file, name, identity } = module;
      const before = known.get(file);
      if (before && sameIdentity(before.identity, identity)) continue;
      known.set(file, { path: file, name, identity, digest: before?.digest ?? moduleDigest(module) });
    }
  return [...known.values()];
}
