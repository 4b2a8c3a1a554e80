/**
 * Whom a file of ours may serve: what a user may not read or execute, a copy of it must not give. A copy has more than one
 * source, and each source several **gates**: its own permission, and those of the folders on the way to it. Whoever the copy serves
 * must pass all of them.
 *
 * Modes say that exactly for everybody, for one group, or for the owner alone. Where gates differ in other ways (two groups, access
 * control lists), the copy is its writer's, who has read the sources.
 */
import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { hasAttribute } from './extended-attributes.ts';

/** Who may read a file. */
export type Audience = 'everybody' | 'owner' | { readonly group: number };

/** Permissions of a new file; `group` is absent where they do not depend on it. */
export interface Permissions {
  readonly mode: number;
  readonly group?: number;
}

/** Bits of permission as those of the others have them: that of the owner is 64 times, that of the group 8 times as much. */
const permission = { read: 4, execute: 1 } as const;

/** Who may read all of the files. */
export function readersOf(files: readonly string[]): Audience {
  return files.map((file) => audienceOf(file, 'read')).reduce(narrower, 'everybody');
}

/** Who may execute the file. */
export function executorsOf(file: string): Audience {
  return audienceOf(file, 'execute');
}

/** Of a catalogue of before there is none to compare with. */
export function isSameAudience(a: Audience, b: Audience | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** For data. */
export function readableBy(readers: Audience): Permissions {
  return { mode: 0o600 | bits(readers, permission.read), ...groupOf(readers) };
}

/**
 * For a launcher, which says nothing but paths and one address: everybody may read it who may execute it, unless addresses are for fewer
 * (`readers`).
 */
export function executableBy(executors: Audience, readers: Audience = 'everybody'): Permissions {
  return copyFor(narrower(executors, readers), executors);
}

/** For a copy of a program. Where readers and executors are of two groups, it serves its owner. */
export function copyFor(readers: Audience, executors: Audience): Permissions {
  const all = narrower(readers, executors);
  const readable = typeof readers === 'object' ? all : readers;
  const mode = 0o700 | bits(readable, permission.read) | bits(executors, permission.execute);
  return { mode, ...groupOf(executors), ...groupOf(readable) };
}

function bits(audience: Audience, which: number): number {
  if (audience === 'owner') return 0;
  return audience === 'everybody' ? which * 9 : which * 8;
}

function groupOf(audience: Audience): Pick<Permissions, 'group'> {
  return typeof audience === 'object' ? { group: audience.group } : {};
}

/** Who passes both. */
export function narrower(a: Audience, b: Audience): Audience {
  if (a === 'everybody') return b;
  if (b === 'everybody' || isSameAudience(a, b)) return a;
  return 'owner';
}

/** Symbolic links are followed: the content is where they lead. A file that is gone is nobody's but the owner's. */
function audienceOf(file: string, wanted: keyof typeof permission): Audience {
  try {
    const real = realpathSync(file);
    const folders = foldersOf(real).map((folder) => gateOf(folder, permission.execute));
    return [gateOf(real, permission[wanted]), ...folders].reduce(narrower);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return 'owner';
  }
}

function foldersOf(file: string): string[] {
  const folder = path.dirname(file);
  return folder === file ? [] : [folder, ...foldersOf(folder)];
}

/**
 * A group with less than all others (mode 0604) is shut out, so that not everybody passes. In a file with an access control list
 * the bits of the group are only the most that anybody named there may have.
 */
function gateOf(file: string, bit: number): Audience {
  const { mode, gid } = statSync(file);
  if (hasAttribute(file, 'system.posix_acl_access')) return 'owner';
  const group = (mode & (bit * 8)) !== 0;
  if (!group) return 'owner';
  return (mode & bit) !== 0 ? 'everybody' : { group: gid };
}
