/**
 * Mounting: by mount(2) with the capability for it, otherwise by fusermount3, the set-user-id program of Debian's package fuse3
 * which mounts for everybody and hands the open device over (its README, `_FUSE_COMMFD`).
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { LinkonceError } from '../util/errors.ts';
import { fileSystemType, helperOptions, kernelOptions, source } from './mount-options.ts';
import { connectedSockets, receiveDescriptor } from './receive-descriptor.ts';

const libc = koffi.load('libc.so.6');
const mountCall = libc.func(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
);
const umount2 = libc.func('int umount2(const char *target, int flags)');
const strerror = libc.func('const char *strerror(int number)');

/** sys/mount.h. */
const mountFlags = { readOnly: 1, noSetUserId: 2, noDevices: 4 } as const;
const detachFlag = 2;

const { EPERM } = koffi.os.errno;

/** Mounts, and answers the device's descriptor: what is asked of the file system is read from it. */
export function mount(mountPoint: string): number {
  return mountByKernel(mountPoint) ?? mountByHelper(mountPoint);
}

/** undefined without the capability, or where only root may open the device. */
function mountByKernel(mountPoint: string): number | undefined {
  const device = openDevice();
  if (device === undefined) return undefined;
  const flags = mountFlags.readOnly | mountFlags.noSetUserId | mountFlags.noDevices;
  if (mountCall(source, mountPoint, fileSystemType, flags, kernelOptions(device)) === 0) return device;
  const errno = koffi.errno();
  closeSync(device);
  if (errno === EPERM) return undefined;
  throw new LinkonceError(`${mountPoint}: cannot be mounted on (${String(strerror(errno))})`);
}

function openDevice(): number | undefined {
  try {
    return openSync('/dev/fuse', 'r+');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') return undefined;
    throw new LinkonceError(
      `/dev/fuse: cannot be opened (${code ?? 'unknown'}): this kernel has no FUSE, or its module is not loaded`,
    );
  }
}

/** Descriptor that fusermount3 finds its end of the sockets at: the first behind the standard streams. */
const helperEnd = 3;

function mountByHelper(mountPoint: string): number {
  const [ours, theirs] = connectedSockets();
  try {
    runHelper(['-o', helperOptions, '--', mountPoint], mountPoint, theirs);
    return receiveDescriptor(ours);
  } finally {
    closeSync(ours);
    closeSync(theirs);
  }
}

function runHelper(args: readonly string[], mountPoint: string, socket?: number): void {
  const { error, status, stderr } = spawnSync('fusermount3', args, {
    stdio: ['ignore', 'ignore', 'pipe', socket ?? 'ignore'],
    env: { ...process.env, _FUSE_COMMFD: String(helperEnd) },
    encoding: 'utf8',
  });
  if (error)
    throw new LinkonceError(
      `${mountPoint}: only root mounts without fusermount3, which cannot be run (Debian's package fuse3)`,
    );
  const [said = ''] = stderr.trim().split('\n');
  const reason = said === '' ? `fusermount3 ended with ${status ?? 'a signal'}` : said;
  if (status !== 0) throw new LinkonceError(`${mountPoint}: ${reason}`);
}

/** Takes the mount out of the tree of files at once. Who has files of it open or mapped keeps them. */
export function detach(mountPoint: string): void {
  if (umount2(mountPoint, detachFlag) === 0) return;
  const errno = koffi.errno();
  if (errno === EPERM) runHelper(['-u', '-z', '--', mountPoint], mountPoint);
  else throw new LinkonceError(`${mountPoint}: cannot be unmounted (${String(strerror(errno))})`);
}
