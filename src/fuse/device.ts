/** The open /dev/fuse of a mount: one read is one request, one write one reply. */
import { readSync, writevSync } from 'node:fs';
import { requestBufferSize } from './protocol.ts';

const buffer = Buffer.alloc(requestBufferSize);

/**
 * The next request, in a buffer that the next call uses again; `none` where it was taken back before we had it; `unmounted` at
 * the end.
 */
export function readRequestFrom(device: number): Buffer | 'none' | 'unmounted' {
  try {
    return buffer.subarray(0, readSync(device, buffer));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // fs/fuse/dev.c, fuse_dev_do_read: ENODEV after the unmount, ECONNABORTED after an abort.
    if (code === 'ENODEV' || code === 'ECONNABORTED') return 'unmounted';
    if (code === 'ENOENT' || code === 'EINTR' || code === 'EAGAIN') return 'none';
    throw error;
  }
}

/**
 * Answers, or notifies. What nobody waits for any more is no failure: ENOENT, the request was interrupted or the kernel does
 * not know the node; ENODEV, ENOTCONN, the mount is gone.
 */
export function writeTo(device: number, parts: readonly Buffer[]): void {
  try {
    writevSync(device, parts);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENODEV' && code !== 'ENOTCONN' && code !== 'ECONNABORTED') throw error;
  }
}
