/**
 * The lock that serialises a store's changes: flock(2) on the file that makes a folder a store. Whoever can open a file can lock
 * it, so that only its owner may open this one.
 */
import { closeSync, fchmodSync, fstatSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { LinkonceError } from '../util/errors.ts';
import type { Patience } from './await-lock.ts';
import { awaitLock } from './await-lock.ts';
import { currentGeneration, defaultStore, makeWithin, names, requirePrivate } from './folder.ts';
import { prepareFolder } from './new-folder.ts';
import type { OnProgress } from './session.ts';

/** A store, and how to wait for it. */
export interface StoreContext {
  /** The store's folder, absolute. */
  readonly store: string;
  readonly onProgress: OnProgress;
  /** Absent: as long as it takes. */
  readonly patience?: Patience | undefined;
}

/** The store of this folder, or this user's usual one: $XDG_DATA_HOME/linkonce, /var/lib/linkonce of root. */
export function storeAt(
  folder: string = defaultStore(),
  means: Partial<Omit<StoreContext, 'store'>> = {},
): StoreContext {
  return { onProgress: () => undefined, ...means, store: path.resolve(folder) };
}

type Work<T> = () => Promise<T> | T;

/**
 * Runs `work` while no other command changes the store, and says where it waits for one that does. The kernel gives the lock
 * back when this process ends, however it ends. Throws LinkonceError where there is no store (any more), or another user could
 * write it.
 */
export async function withStoreLock<T>(context: StoreContext, work: Work<T>): Promise<T> {
  const { store } = context;
  const lock = unlessGone(() => openLock(store, 'r'));
  if (lock === undefined) throw new LinkonceError(`${store}: there is no store; \`store add\` makes one`);
  return closing(lock, async () => {
    await waitFor(lock, context);
    if (!isStillOf(lock, store)) throw new LinkonceError(`${store}: was removed by another command`);
    return work();
  });
}

/**
 * The same for a store that is made where it is missing, and again where `undo` took it away while this command waited. Throws
 * LinkonceError where the folder has other things than a store, or another user could write it.
 */
export async function withNewStoreLock<T>(context: StoreContext, work: Work<T>): Promise<T> {
  const { store } = context;
  for (;;) {
    const lock = unlessGone(() => {
      prepareFolder(store);
      return openLock(store, 'a');
    });
    if (lock === undefined) continue;
    const done = await closing(lock, async () => {
      await waitFor(lock, context);
      if (!isStillOf(lock, store)) return undefined;
      // Only who has the lock puts anything beside it: what `undo` leaves is not ours.
      for (const name of [names.files, names.generations]) makeWithin(store, name);
      return { result: await work() };
    });
    if (done) return done.result;
  }
}

/**
 * Runs `work`, which changes nothing. Who may not have the lock can still read: it is done again where another command
 * committed something meanwhile, for then a part of what was read was that command's.
 */
export async function withStoreView<T>(context: StoreContext, work: Work<T>): Promise<T> {
  if (mayLock(context.store)) return withStoreLock(context, work);
  for (;;) {
    const before = currentGeneration(context.store);
    const [outcome] = await Promise.allSettled([(async () => work())()]);
    if (currentGeneration(context.store) !== before) continue;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }
}

/** False for users whose it is not. */
function mayLock(store: string): boolean {
  try {
    const lock = unlessGone(() => openLock(store, 'r'));
    if (lock !== undefined) closeSync(lock);
    return true;
  } catch (error) {
    if (error instanceof LinkonceError || (error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    return false;
  }
}

const ownerOnly = 0o600;

function openLock(store: string, flags: 'r' | 'a'): number {
  requirePrivate(store);
  const lock = openSync(path.join(store, names.lock), flags, ownerOnly);
  closeToOthers(lock);
  return lock;
}

/** Stores were once made with a lock that everybody could read. */
function closeToOthers(lock: number): void {
  const { uid, mode } = fstatSync(lock);
  if ((mode & 0o077) === 0 || uid !== process.geteuid?.()) return;
  try {
    fchmodSync(lock, ownerOnly);
  } catch (error) {
    // Nobody changes a store there, so that nobody waits.
    if ((error as NodeJS.ErrnoException).code !== 'EROFS') throw error;
  }
}

/** Undefined where the folder, or what is opened in it, is not there (any more). */
function unlessGone<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

async function closing<T>(file: number, work: Work<T>): Promise<T> {
  try {
    return await work();
  } finally {
    closeSync(file);
  }
}

function waitFor(lock: number, { store, onProgress, patience }: StoreContext): Promise<void> {
  const onWait = (what: string): void => {
    onProgress(`waiting for ${what}, which works on this store`);
    patience?.say(`${store}: waiting for ${what}, at most ${String(patience.seconds)} s`);
  };
  return awaitLock(lock, store, onWait, patience?.seconds ?? Infinity);
}

/** `undo` removes the lock: who waited for it has that of a store that is gone. */
function isStillOf(lock: number, store: string): boolean {
  const { ino, dev } = fstatSync(lock);
  const there = statSync(path.join(store, names.lock), { throwIfNoEntry: false });
  return there?.ino === ino && there.dev === dev;
}
