/** Which file a path leads to, and whether it is still the one that was read. */
import type { BigIntStats } from 'node:fs';
import { statSync } from 'node:fs';
import type { FileIdentity } from './program.ts';

/** The identity of the file that `path` leads to, symbolic links followed. Throws the system's error. */
export function fileIdentity(path: string): FileIdentity {
  return identityOfStatus(statSync(path, { bigint: true }));
}

export function identityOfStatus({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileIdentity {
  return { device: dev, inode: ino, size, mtimeNs, ctimeNs };
}

/** Whether both are the same file with the same content, as far as the file system tells. */
export function sameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  return sameFile(a, b) && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** Whether both are the same file, whatever happened to its content: how linkers tell that a module is loaded already. */
export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.device === b.device && a.inode === b.inode;
}
