/** Whether something of ours is mounted at a path, and whether its server lives. */
import { readFileSync, realpathSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { detach } from './mount.ts';
import { fileSystemType } from './mount-options.ts';

/** `live`: a server of ours answers. `dead`: its server is gone. `other`: something else is mounted there. */
export type MountState = 'live' | 'dead' | 'other' | 'none';

/** Asks a live server for its numbers of free blocks: everything else the kernel may know by heart. */
export function mountState(mountPoint: string): MountState {
  const type = mountedType(resolvePath(mountPoint));
  if (type === undefined) return 'none';
  if (type !== fileSystemType) return 'other';
  try {
    statfsSync(mountPoint);
    return 'live';
  } catch (error) {
    // ENOTCONN once the server is gone; ECONNABORTED where it went while we asked.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTCONN' || code === 'ECONNABORTED') return 'dead';
    throw error;
  }
}

/** Whether one of ours is there, whatever became of its server, who is not asked. */
export function isMounted(mountPoint: string): boolean {
  return mountedType(resolvePath(mountPoint)) === fileSystemType;
}

/** Takes away what dead servers left at a path; answers what is there then. */
export function clearDeadMounts(mountPoint: string): MountState {
  let state = mountState(mountPoint);
  while (state === 'dead') {
    detach(mountPoint);
    state = mountState(mountPoint);
  }
  return state;
}

/** A dead mount has no real path to ask for, but its parent does. */
function resolvePath(mountPoint: string): string {
  const absolute = path.resolve(mountPoint);
  try {
    return path.join(realpathSync(path.dirname(absolute)), path.basename(absolute));
  } catch {
    return absolute;
  }
}

/**
 * The type of the topmost mount at a path. proc_pid_mountinfo(5): `36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw`,
 * the fifth field is the mount point, the first after the dash the type; the last line of a mount point is on top.
 */
function mountedType(mountPoint: string): string | undefined {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const line = lines.findLast((each) => unescapePath(each.split(' ')[4] ?? '') === mountPoint);
  return line?.split(' - ')[1]?.split(' ')[0];
}

/** Blanks, tabs, newlines and backslashes stand there as octal numbers: `\040`. */
function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
