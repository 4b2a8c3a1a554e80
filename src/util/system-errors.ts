/** What the system refuses, in words: Node has them as `EROFS: read-only file system, open '…'`. */
import { getSystemErrorMap } from 'node:util';

type SystemError = NodeJS.ErrnoException & { readonly dest?: string };

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string';
}

/** Why: the code, as all messages have it, and strerror(3)'s words. */
function reasonOf({ errno, code = '' }: SystemError): string {
  const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return words === undefined ? code : `${code}, ${words}`;
}

/** By system call, what could not be done. */
const deeds: Readonly<Record<string, string>> = {
  open: 'opened',
  read: 'read',
  write: 'written',
  mkdir: 'made',
  mkdtemp: 'made',
  rename: 'renamed',
  link: 'linked',
  symlink: 'linked',
  rm: 'removed',
  rmdir: 'removed',
  unlink: 'removed',
  scandir: 'listed',
  opendir: 'listed',
  stat: 'looked at',
  lstat: 'looked at',
  statfs: 'looked at',
  readlink: 'looked at',
  chmod: 'given other rights',
  fchmod: 'given other rights',
  spawn: 'started',
};

/** One line that names what, what could not be done, and why. */
export function describeSystemError(error: SystemError): string {
  const { path, dest, syscall = '' } = error;
  const [call = ''] = syscall.split(' ');
  const what = dest ?? path;
  const deed = deeds[call];
  if (what === undefined) return `${call}(2) fails: ${reasonOf(error)}`;
  return `${what}: ${deed === undefined ? `${call}(2) fails` : `cannot be ${deed}`} (${reasonOf(error)})`;
}
