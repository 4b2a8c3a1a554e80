/**
 * Builds programs of a store, new ones and those of which something changed: the main flow (bind/) over what the store has. Programs
 * that map worn files are laid out again with them, from their records.
 */
import path from 'node:path';
import { bindPrograms } from '../bind/bind-programs.ts';
import { loadProgram } from '../program/load-program.ts';
import type { ReadModule } from '../program/read-module.ts';
import { cachedReader } from '../program/read-module.ts';
import type { Blueprint } from '../provenance/explained.ts';
import type { Placed, Placing } from '../ranges/place-programs.ts';
import { freshName, LeftToLinker, placePrograms } from '../ranges/place-programs.ts';
import type { LinkonceError } from '../util/errors.ts';
import { named } from '../util/errors.ts';
import type { Outcome } from '../util/outcome.ts';
import { attempt, valuesOf } from '../util/outcome.ts';
import { at } from '../util/present.ts';
import { capturePrograms } from './capture-programs.ts';
import type { Catalogue, StoredProgram } from './catalogue.ts';
import { allModules, keyOf } from './catalogue.ts';
import { currentBlueprint } from './current-blueprint.ts';
import { names } from './folder.ts';
import { merge, withoutChanged } from './next-catalogue.ts';
import type { Loaded, OnProgress, Wish } from './session.ts';
import { readWhereAble } from './opened-modules.ts';
import { shelfOf, wishOf } from './session.ts';
import { withoutWorn } from './worn-files.ts';
import { recordedAs, writeProgram } from './write-program.ts';

export interface Rebuilt {
  readonly catalogue: Catalogue;
  readonly failures: readonly WishFailure[];
}

export interface WishFailure {
  readonly wish: Wish;
  readonly error: LinkonceError;
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
  const read = loadAll(wishes);
  const loaded = valuesOf(read);
  const { base, worn } = withoutWorn(withoutChanged(catalogue, wishes, loaded));
  // In this order everywhere below: those that are captured now, then those that have records.
  const records = [...loaded.map(newRecord), ...worn.map(({ record }) => record)];
  const shelf = shelfOf(store, base);
  const { outcomes, placing, added } = await bindPrograms({
    ...shelf,
    place: () => placePrograms(loaded, shelf.arrangement, shelf.space, heldBy(base, worn)),
    explain: async (placing: Placing): Promise<Outcome<Blueprint>[]> => {
      const files = records.map((record) => path.join(store, names.files, record));
      const captured = await capturePrograms(loaded, files, placing, onProgress);
      onProgress('writing images');
      return [...captured, ...worn.map((program) => attempt(() => currentBlueprint(store, program)))];
    },
    write: (laidOut, index) => {
      const read = loaded[index];
      const recorded = read
        ? { ...read, record: at(records, index) }
        : recordedAs(at(worn, index - loaded.length), laidOut.placed.blueprint);
      return writeProgram({ store, readers: shelf.readers }, recorded, laidOut);
    },
  });
  const asked = [...loaded.map(({ wish }) => wish), ...worn.map(wishOf)];
  const failures = [...failuresOf(wishes, read), ...failuresOf(asked, outcomes)];
  const built = [
    ...valuesOf(outcomes),
    ...leftToLinker(loaded, placing),
    ...failedAgain(catalogue, failures),
  ];
  return { failures, catalogue: merge(base, loaded, placing, built, added) };
}

function loadAll(wishes: readonly Wish[]): Outcome<Loaded>[] {
  const read = cachedReader();
  return wishes.map((wish) => attempt(() => load(wish, read)));
}

/** What it opens need not be there: the linker then does what it does. */
function load(wish: Wish, read: ReadModule): Loaded {
  const opened = readWhereAble(wish.opened, read);
  const program = loadProgram(wish.invocation, { read, variables: wish.variables, opened: opened.readable });
  const { unread } = opened;
  const paths = [...program.opened, ...unread].map((module) => module.path);
  return { wish: { ...wish, opened: paths }, name: wish.name, program, unread };
}

function newRecord({ name }: Loaded): string {
  return `${freshName(name)}.record`;
}

/** Ranges, names and movable modules of programs that are not captured now. */
function heldBy({ programs, holdings }: Catalogue, worn: readonly StoredProgram[]): Placed {
  const placed = new Set(holdings.map(({ key }) => key));
  const held = [...programs, ...worn].map((program) => ({
    name: program.name,
    modules: allModules(program).filter((file) => placed.has(file)),
  }));
  return { holdings, programs: held };
}

/** One outcome for each wish. What the platform's linker is left is no failure. */
function failuresOf(wishes: readonly Wish[], outcomes: readonly Outcome<unknown>[]): WishFailure[] {
  return outcomes.flatMap((outcome, index) => {
    if ('value' in outcome || outcome.failure instanceof LeftToLinker) return [];
    const wish = at(wishes, index);
    return [{ wish, error: named(outcome.failure, wish.invocation) }];
  });
}

/** Programs that the platform's linker runs since their modules collide. */
function leftToLinker(loaded: readonly Loaded[], { failures }: Placing): StoredProgram[] {
  return [...failures].flatMap(([index, failure]) => {
    if (!(failure instanceof LeftToLinker)) return [];
    const { wish, program } = at(loaded, index);
    const nothing = { record: '', image: '', launcher: '', shared: [], writtenPages: 0, ownPages: 0 };
    const reason = failure.message;
    const unprepared = wish.opened.map((file) => ({ path: file, reason }));
    const modules = program.modules.map((module) => module.path);
    return [{ ...wish, ...nothing, relocatedAtStart: reason, modules, unprepared, notes: [failure.note] }];
  });
}

/** Programs that could not be built again keep their files, and run through the platform's linker. */
function failedAgain({ programs }: Catalogue, failures: readonly WishFailure[]): StoredProgram[] {
  return failures.flatMap(({ wish, error }) =>
    programs
      .filter((each) => keyOf(each) === keyOf(wish))
      .map((each) => ({ ...each, failed: error.message })),
  );
}
