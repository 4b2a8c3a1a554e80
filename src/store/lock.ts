/** The lock that serialises a store's changes: flock(2) on the file that makes a folder a store. */
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import koffi from 'koffi';
import { LinkonceError } from '../util/errors.ts';
import { isStore, names, requirePrivate } from './folder.ts';
import type { OnProgress } from './session.ts';

type Work<T> = () => Promise<T> | T;

/**
 * Runs `work` while no other command changes the store, and says where it waits for one that does. The kernel gives the lock
 * back when this process ends, however it ends. Throws LinkonceError where there is no store (any more), or another user could
 * write it.
 */
export async function withStoreLock<T>(store: string, onProgress: OnProgress, work: Work<T>): Promise<T> {
  const lock = unlessGone(() => openLock(store, 'r'));
  if (lock === undefined) throw new LinkonceError(`${store}: there is no store; \`store add\` makes one`);
  return closing(lock, () => {
    waitFor(lock, store, onProgress);
    if (!isStillOf(lock, store)) throw new LinkonceError(`${store}: was removed by another command`);
    return work();
  });
}

/**
 * The same for a store that is made where it is missing, and again where `undo` took it away while this command waited. Throws
 * LinkonceError where the folder has other things than a store, or another user could write it.
 */
export async function withNewStoreLock<T>(store: string, onProgress: OnProgress, work: Work<T>): Promise<T> {
  for (;;) {
    mkdirSync(store, { recursive: true, mode: 0o755 });
    const lock = unlessGone(() => {
      requireStoreOrEmpty(store);
      return openLock(store, 'a');
    });
    if (lock === undefined) continue;
    const done = await closing(lock, async () => {
      waitFor(lock, store, onProgress);
      if (!isStillOf(lock, store)) return undefined;
      // Only who has the lock puts anything beside it: what `undo` leaves is not ours.
      for (const name of [names.files, names.generations])
        mkdirSync(path.join(store, name), { recursive: true, mode: 0o755 });
      return { result: await work() };
    });
    if (done) return done.result;
  }
}

/** A store is one whose lock is listed, or appeared since: it is the first to come and the last to go. */
function requireStoreOrEmpty(store: string): void {
  const listed = readdirSync(store);
  if (listed.length > 0 && !listed.includes(names.lock) && !isStore(store))
    throw new LinkonceError(`${store}: is not empty, and no store`);
}

function openLock(store: string, flags: 'r' | 'a'): number {
  requirePrivate(store);
  return openSync(path.join(store, names.lock), flags, 0o644);
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

const libc = koffi.load(null);
const flock = libc.func('int flock(int file, int operation)');
/** sys/file.h */
const lockExclusive = 2;
const lockNonBlocking = 4;

function waitFor(lock: number, store: string, onProgress: OnProgress): void {
  if (Number(flock(lock, lockExclusive | lockNonBlocking)) === 0) return;
  onProgress('waiting for another command on this store');
  while (Number(flock(lock, lockExclusive)) !== 0)
    if (koffi.errno() !== koffi.os.errno.EINTR)
      throw new LinkonceError(
        `${store}: cannot be locked: flock(2) fails with error ${String(koffi.errno())}`,
      );
}

/** `undo` removes the lock: who waited for it has that of a store that is gone. */
function isStillOf(lock: number, store: string): boolean {
  const { ino, dev } = fstatSync(lock);
  const there = statSync(path.join(store, names.lock), { throwIfNoEntry: false });
  return there?.ino === ino && there.dev === dev;
}
