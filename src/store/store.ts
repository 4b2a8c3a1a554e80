/**
 * The store's commands: each takes the lock, reads the catalogue, and commits another one. What goes wrong with one program
 * does not keep the others from it.
 */
import { existsSync, lstatSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import type { StartedProgram } from '../capture/started-program.ts';
import { describeStarted, startedProgram } from '../capture/started-program.ts';
import { defaultGap } from '../files/member-filing.ts';
import { windowBits } from '../ranges/addresses.ts';
import { drawSpace } from '../ranges/place-programs.ts';
import { placesState } from '../pagein/places-state.ts';
import { LinkonceError } from '../util/errors.ts';
import { attemptLater } from '../util/outcome.ts';
import { hex } from '../util/units.ts';
import type { Catalogue, StoredProgram, StoreSettings } from './catalogue.ts';
import { bindWishes } from './bind-wishes.ts';
import {
  allModules,
  isBound,
  readCatalogue,
  readOtherVersion,
  requireCatalogue,
  titleOf,
} from './catalogue.ts';
import { chosenBefore } from './chosen-before.ts';
import type { Leftover } from './commit.ts';
import { collectGarbage, commit } from './commit.ts';
import { isHiddenOfServer, isTemporary, names, shownPlaces } from './folder.ts';
import { bootId, loaderDigest } from './freshness.ts';
import { againRemarks, unguarded, withChosen } from './learn.ts';
import type { StoreContext } from './lock.ts';
import { withNewStoreLock, withStoreLock } from './lock.ts';
import { atItsPlace } from './moved-store.ts';
import type { WishFailure } from './rebuild.ts';
import type { OnProgress } from './session.ts';
import { describeReaders, requireGivable, usualReaders } from './readers.ts';
import { arrangementOf } from './session.ts';
import { layOutAgain } from './relayout.ts';
import { updatePrograms } from './update.ts';
import type { Updated } from './update.ts';
import type { AddRequest, ProgramFailure } from './wishes.ts';
import { findTyped, formOf, toWishes } from './wishes.ts';

/** What came of adding programs. */
export interface Added {
  readonly added: readonly StoredProgram[];
  readonly failures: readonly ProgramFailure[];
  /** What a person should know of forms that could not be bound beside others; one line each. */
  readonly notes: readonly string[];
}

/**
 * Adds programs, each for the linker's variables of this process and none, or for those that are given; forms that are there are built
 * again, others stay. `settings` are those of a new store, and must be the old ones' where there is one. Throws LinkonceError.
 */
export async function addPrograms(
  context: StoreContext,
  request: AddRequest,
  settings: Partial<StoreSettings> = {},
): Promise<Added> {
  const { store, onProgress } = context;
  const { typed, unknown } = findTyped(store, request.typed);
  if (typed.length === 0) return { added: [], failures: unknown, notes: [] };
  return withNewStoreLock(context, async () => {
    const catalogue = readCatalogue(store) ?? emptyCatalogue(settings);
    requireSettings(catalogue, settings, store);
    const { programs, unstarted } = await startedPrograms(typed, request, onProgress);
    const scripts = new Map(programs.map(({ invocation, script }) => [invocation, script]));
    const wishes = toWishes(catalogue, programs, request);
    const chosen = await withChosen(wishes, { ...request, scripts }, onProgress);
    const { added, failures: unbound } = await bindWishes(store, catalogue, chosen.wishes, onProgress);
    const failures = [...chosen.failures, ...unbound];
    // A form that nobody asked for by name is not missed where there is another one.
    const isServed = ({ wish }: WishFailure): boolean =>
      (request.variables === undefined || wish.variables.length === 0) &&
      added.some(({ name }) => name === wish.name);
    return {
      added,
      notes: [
        ...programs.flatMap((each) => describeStarted(each) ?? []),
        ...chosen.remarks,
        ...againRemarks(added, chosen.again),
        ...failures
          .filter(isServed)
          .map(({ wish, error }) => `${formOf(wish)} it is not bound: ${error.message}`),
      ],
      failures: [
        ...unknown,
        ...unstarted,
        ...failures
          .filter((each) => !isServed(each))
          .map(({ wish, error }) => ({ name: titleOf(wish), error })),
      ],
    };
  });
}

interface StartedPrograms {
  readonly programs: readonly StartedProgram[];
  /** Scripts of which it is not known what they start. */
  readonly unstarted: readonly ProgramFailure[];
}

async function startedPrograms(
  typed: readonly string[],
  { opened, guard = unguarded }: AddRequest,
  onProgress: OnProgress,
): Promise<StartedPrograms> {
  const programs: StartedProgram[] = [];
  const unstarted: ProgramFailure[] = [];
  for (const name of typed) {
    const outcome = await attemptLater(() => startedProgram(name, opened, { onProgress, guard }));
    if ('value' in outcome) programs.push(outcome.value);
    else unstarted.push({ name, error: outcome.failure });
  }
  return { programs, unstarted };
}

const defaults: Omit<StoreSettings, 'window' | 'readers'> = {
  system: 'image',
  variant: 'data',
  slide: 'store',
  gap: defaultGap,
};

function emptyCatalogue(given: Partial<StoreSettings>): Catalogue {
  const choice = { ...defaults, readers: usualReaders(), ...given };
  requireGivable(choice.readers);
  const space = drawSpace(arrangementOf(choice), given.window);
  return {
    settings: { ...choice, window: given.window ?? windowBits(space) },
    space,
    boot: bootId(),
    loader: loaderDigest(),
    ...{ holdings: [], modules: [], programs: [], launchers: [] },
    stock: { modules: [], runs: [] },
  };
}

function requireSettings(catalogue: Catalogue, given: Partial<StoreSettings>, store: string): void {
  for (const [name, value] of Object.entries(given)) {
    const has = catalogue.settings[name as keyof StoreSettings];
    if (describeSetting(has) !== describeSetting(value))
      throw new LinkonceError(
        `${store}: the store has ${name} ${describeSetting(has)}, not ${describeSetting(value)}; \`store undo\` removes it`,
      );
  }
}

function describeSetting(value: StoreSettings[keyof StoreSettings]): string {
  if (value === undefined) return 'of its own choice';
  if (typeof value !== 'object') return String(value);
  return 'group' in value ? describeReaders(value) : value.map((base) => hex(base)).join(' ');
}

/** Brings everything up to date; a store of another version of linkonce is bound anew. */
export function updateStore(context: StoreContext): Promise<Updated> {
  const { store, onProgress } = context;
  return withStoreLock(context, async () => {
    const { catalogue, movedFrom } = await atItsPlace(store, catalogueToUpdate(store), onProgress);
    const isNewBoot = catalogue.settings.slide === 'boot' && catalogue.boot !== bootId();
    const updated = await updatePrograms(store, catalogue, onProgress);
    const slid = isNewBoot ? await slideAnew(store, updated.catalogue, onProgress) : undefined;
    const changed = updated.changed || movedFrom !== undefined;
    if (changed || slid) commit(store, slid ?? updated.catalogue);
    return { ...updated, changed, ...(movedFrom !== undefined && { movedFrom }) };
  });
}

function catalogueToUpdate(store: string): Catalogue {
  const other = readOtherVersion(store);
  if (!other) return requireCatalogue(store);
  const { settings, programs } = chosenBefore(store, other);
  return { ...emptyCatalogue(settings), programs };
}

/** Gives all modules new addresses. Answers how many programs were laid out. */
export function reslideStore(context: StoreContext): Promise<number> {
  const { store, onProgress } = context;
  return withStoreLock(context, async () => {
    const { catalogue } = await updatePrograms(store, requireCatalogue(store), onProgress);
    commit(store, await slideAnew(store, catalogue, onProgress));
    return catalogue.programs.filter(isBound).length;
  });
}

async function slideAnew(store: string, catalogue: Catalogue, onProgress: OnProgress): Promise<Catalogue> {
  const arrangement = arrangementOf(catalogue.settings);
  if (arrangement.fixedBase)
    throw new LinkonceError(
      `${catalogue.settings.system} has the same addresses everywhere: it cannot slide`,
    );
  const space = drawSpace(arrangement, windowBits(catalogue.space));
  return layOutAgain(store, store, { ...catalogue, boot: bootId() }, space, onProgress);
}

/** Writes the same programs, but those that cannot be bound now, at the same addresses as a store of its own. Answers how many. */
export function exportStore(context: StoreContext, target: string): Promise<number> {
  const { store, onProgress } = context;
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new LinkonceError(`${target}: is not empty`);
  return withStoreLock(context, async () => {
    const { catalogue } = await updatePrograms(store, requireCatalogue(store), onProgress);
    const programs = catalogue.programs.filter(({ failed }) => failed === undefined);
    return withNewStoreLock({ ...context, store: target }, async () => {
      if (readCatalogue(target)) throw new LinkonceError(`${target}: is not empty`);
      const exported = withPrograms(catalogue, programs);
      commit(target, await layOutAgain(store, target, exported, catalogue.space, onProgress));
      return programs.length;
    });
  });
}

/** Throws LinkonceError naming the first program that is not in the store. */
export function removePrograms(context: StoreContext, which: readonly string[]): Promise<void> {
  const { store } = context;
  return withStoreLock(context, () => {
    const catalogue = requireCatalogue(store);
    const known = new Set(catalogue.programs.map(({ name }) => name));
    for (const name of which) if (!known.has(name)) throw new LinkonceError(`${name}: is not in the store`);
    const gone = new Set(which);
    const programs = catalogue.programs.filter(({ name }) => !gone.has(name));
    commit(store, withPrograms(catalogue, programs));
  });
}

/** Without what no program uses any more. */
export function withPrograms(catalogue: Catalogue, programs: readonly StoredProgram[]): Catalogue {
  const used = new Set(programs.flatMap(allModules));
  const files = new Set(programs.flatMap(({ shared }) => shared));
  const isMapped = (file: { readonly path: string }): boolean => files.has(path.basename(file.path));
  const { modules, runs } = catalogue.stock;
  return {
    ...catalogue,
    programs,
    modules: catalogue.modules.filter((each) => used.has(each.path)),
    holdings: catalogue.holdings.filter(({ key }) => used.has(key)),
    stock: {
      modules: modules.filter((each) => used.has(each.path) && isMapped(each.file)),
      runs: runs.filter(({ place }) => isMapped(place.file)),
    },
  };
}

/** Removes what no program of the store needs. */
export function collectStore(context: StoreContext): Promise<readonly Leftover[]> {
  const { store } = context;
  return withStoreLock(context, () => collectGarbage(store, [requireCatalogue(store)]));
}

/** Takes the whole store away. Answers what was there that is not the store's, and stays. */
export function undoStore(context: StoreContext): Promise<readonly string[]> {
  const { store } = context;
  return withStoreLock(context, () => {
    requireUnserved(store);
    return takeAway(store);
  });
}

/** Throws LinkonceError where processes take their memory from its places. */
export function requireUnserved(store: string): void {
  const { path: places } = shownPlaces(store);
  if (['live', 'hung'].includes(placesState(places)))
    throw new LinkonceError(`${store}: its places are served; \`pagein stop\` takes them away`);
}

/** The caller holds the lock. */
export function takeAway(store: string): readonly string[] {
  const isLink = lstatSync(store).isSymbolicLink();
  // The link first: from then on there is no program. The lock last: until then it is a store.
  const own = [
    names.current,
    names.bin,
    names.generations,
    names.files,
    names.counts,
    names.places,
    names.socket,
    names.beacon,
  ];
  for (const name of [...own, ...readdirSync(store).filter(isOwn)])
    rmSync(path.join(store, name), { recursive: true, force: true });
  const foreign = readdirSync(store).filter((name) => name !== names.lock);
  rmSync(path.join(store, names.lock));
  if (foreign.length === 0 && !isLink) removeEmpty(store);
  return foreign;
}

/** What a killed command or server left. */
function isOwn(name: string): boolean {
  return isTemporary(name) || isHiddenOfServer(name);
}

/** Another command may have made a store in it again, or something is mounted on it. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'ENOENT', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
