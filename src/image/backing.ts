/**
 * What processes map pages from. A new kind is a row of `backingKinds` in plan-layout.ts and a case of `open_backing` (native/map.h),
 * a type here, a way to write its files (files/shared-file.ts), and the arrangement that wants it.
 */
import type { FileIdentity } from '../program/program.ts';

/** The program's own image. */
interface Own {
  readonly kind: 'own';
}

/** A module's own file, of which the loader asks when it opens it whether it is the one that was captured. */
interface ModuleFile {
  readonly kind: 'module';
  readonly path: string;
  readonly identity: FileIdentity;
}

/** A file that several programs map. Once written it never changes, so that its identity stands for its content. */
interface File {
  readonly kind: 'file';
  readonly path: string;
  readonly identity: FileIdentity;
}

/** Processes map what a place shows under the name of a file at rest: relocated, and never compressed. */
interface Shown extends Omit<File, 'kind'> {
  readonly kind: 'shown';
}

export type Backing = Own | ModuleFile | File | Shown;
export type BackingFile = Exclude<Backing, Own>;
/** One that we write. */
export type WrittenFile = File | Shown;

export const own: Backing = { kind: 'own' };

/** Whether words that move are fixed when a page is read; otherwise each start does that. */
export const isRelocatedWhenRead: Readonly<Record<Backing['kind'], boolean>> = {
  own: false,
  module: false,
  file: false,
  shown: true,
};

/** Neighbours of one can be mapped by one call. */
export function isSameBacking(a: Backing, b: Backing): boolean {
  return pathOfBacking(a) === pathOfBacking(b);
}

/** Empty for the own image. */
export function pathOfBacking(backing: Backing): string {
  return backing.kind === 'own' ? '' : backing.path;
}
