/**
 * Who may know the addresses of a store's processes. Whoever can read an image knows them, so that a store may be closed: its files are
 * for one group, or for its owner. Everybody else still starts its launchers, which then hand over.
 */
import type { Audience } from '../program/audience.ts';
import { LinkonceError } from '../util/errors.ts';

/** Nobody else's launchers take what an ordinary user wrote, so that nobody else needs to read it. */
export function usualReaders(): Audience {
  return process.geteuid?.() === 0 ? 'everybody' : 'owner';
}

/** Throws LinkonceError where this user cannot give files to them. */
export function requireGivable(readers: Audience): void {
  if (typeof readers !== 'object' || process.geteuid?.() === 0) return;
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
  if (!groups.includes(readers.group))
    throw new LinkonceError(`this user is not in ${describeReaders(readers)}, and cannot give it files`);
}

export function describeReaders(readers: Audience): string {
  return typeof readers === 'object' ? `group ${String(readers.group)}` : readers;
}
