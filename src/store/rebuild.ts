/**
 * Builds programs into a store: new ones, and those of which something changed. Programs that are not asked for keep their
 * files; what they share with the new ones is used again.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { layOut } from '../files/lay-out.ts';
import type { Placing } from '../ranges/place-programs.ts';
import { freshName, placePrograms } from '../ranges/place-programs.ts';
import type { Stock } from '../files/stock.ts';
import { loadProgram } from '../program/load-program.ts';
import { cachedReader } from '../program/read-module.ts';
import { LinkonceError, named } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';
import type { Captured } from './capture-programs.ts';
import { capturePrograms } from './capture-programs.ts';
import type { Catalogue, StoredProgram } from './catalogue.ts';
import { currentBlueprint } from './current-blueprint.ts';
import { names, shownPlaces } from './folder.ts';
import { merge, withoutChanged } from './next-catalogue.ts';
import type { Loaded, OnProgress, Session, Wish } from './session.ts';
import { arrangementOf } from './session.ts';
import { withoutWorn } from './worn-files.ts';
import { writeProgram } from './write-program.ts';

export interface Rebuilt {
  readonly catalogue: Catalogue;
  /** In the order of the wishes. */
  readonly failures: readonly { readonly wish: Wish; readonly error: LinkonceError }[];
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
    ...(await capturePrograms(session, loaded, placing)),
  ];
  onProgress('writing images');
  const written = writeAll(session, captured, placing);
  const told = failures.map(({ wish, error }) => ({ wish, error: named(error, wish.invocation) }));
  const built = [...relocated, ...written.programs, ...failedAgain(catalogue, told)];
  return { failures: told, catalogue: merge(session, loaded, placing, built, written.added) };
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
    shown: shownPlaces(store),
  });
  const stored = programs.flatMap((laidOut, index) => {
    const one = captured[index];
    if (!one) return [];
    if ('failure' in laidOut) {
      failures.push({ wish: one.wish, error: laidOut.failure });
      return [];
    }
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
