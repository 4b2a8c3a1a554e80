/** Tells whether a file is still the one that was read. */
import { statSync } from 'node:fs';
import type { FileIdentity } from './program.ts';

/** stat(2) of `path`, symbolic links followed. Throws the system's error where it is not there. */
export function fileIdentity(path: string): FileIdentity {
  const status = statSync(path, { bigint: true });
  return {
    device: status.dev,
    inode: status.ino,
    size: status.size,
    mtimeNs: status.mtimeNs,
    ctimeNs: status.ctimeNs,
  };
}

/** Whether two identities are of the same file with the same contents. */
export function sameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  return (
    a.device === b.device &&
    a.inode === b.inode &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  );
}
