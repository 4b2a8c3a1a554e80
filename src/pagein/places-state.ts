/** What stands at the mount point of places, found without waiting for a server that hangs. */
import type { MountState } from '../fuse/mount-state.ts';
import { clearDeadMounts, isMounted } from '../fuse/mount-state.ts';
import { LinkonceError } from '../util/errors.ts';
import { findServer } from './beacon.ts';

/** As `clearDeadMounts`, which it calls where no server hangs. */
export function placesState(mountPoint: string): MountState | 'hung' {
  return hungProcess(mountPoint) === undefined ? clearDeadMounts(mountPoint) : 'hung';
}

/** The process that serves a mount and hangs; undefined where there is none. */
export function hungProcess(mountPoint: string): number | undefined {
  const server = findServer(mountPoint);
  return server?.hangs && isMounted(mountPoint) ? server.process : undefined;
}

export function requireAnswer(mountPoint: string): void {
  const process = hungProcess(mountPoint);
  if (process !== undefined)
    throw new LinkonceError(
      `${mountPoint}: process ${String(process)} serves it, and hangs; \`pagein stop\` takes it away`,
    );
}
