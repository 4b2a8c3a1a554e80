/** What a server says of itself: on a socket beside its mount, that only its own user may connect to. */
import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import type { Server as SocketServer } from 'node:net';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { socketName } from '../files/places-name.ts';
import { LinkonceError } from '../util/errors.ts';
import { requireAnswer } from './places-state.ts';
import type { ServedPlaces } from './serve-places.ts';

export interface PlacesStatus {
  readonly pid: number;
  readonly places: readonly {
    /** Hexadecimal. */
    readonly slide: string;
    readonly pages: number;
    readonly relocations: number;
    readonly decompressed: number;
    readonly cached: number;
  }[];
  /** READs of the kernel. */
  readonly reads: number;
  readonly failures: number;
  /** From a READ's arrival to its reply, µs; of the last ones. */
  readonly readTime: { readonly median: number; readonly p99: number };
  /** Of the files at rest, bytes. */
  readonly restingBytes: number;
  /** What they hold. */
  readonly plainBytes: number;
}

/** `mountPoint`: of the places. */
function socketPath(mountPoint: string): string {
  return path.join(path.dirname(mountPoint), socketName);
}

/**
 * Answers whoever connects. The socket is renamed into its place: Node removes it, when it closes, by the name that it was given,
 * and by then the place may have another server's. That name is not longer than the other: sockaddr_un has 108 bytes.
 */
export async function offerStatus(mountPoint: string, describe: () => PlacesStatus): Promise<SocketServer> {
  const file = path.join(path.dirname(mountPoint), `.s-${randomBytes(4).toString('hex')}`);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(JSON.stringify(describe()));
  });
  const before = process.umask(0o077);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(file, resolve);
    });
  } finally {
    process.umask(before);
  }
  renameSync(file, socketPath(mountPoint));
  return server;
}

/** Throws LinkonceError where nobody answers. */
export function askStatus(mountPoint: string): Promise<PlacesStatus> {
  requireAnswer(mountPoint);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(socketPath(mountPoint));
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      const why =
        code === 'EACCES' ? 'who serves its places answers their own user only' : 'nobody serves its places';
      reject(new LinkonceError(`${path.dirname(mountPoint)}: ${why}`));
    });
    socket.once('end', () => {
      resolve(JSON.parse(text) as PlacesStatus);
    });
  });
}

export function describePlaces(served: ServedPlaces): PlacesStatus {
  const { requests, failures, readTimes } = served.server.counts();
  const sorted = [...readTimes].sort((a, b) => a - b);
  const at = (share: number): number => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0) / 1000;
  return {
    pid: process.pid,
    places: served.counts().map(({ slide, ...counts }) => ({ slide: `0x${slide.toString(16)}`, ...counts })),
    reads: requests.READ,
    failures,
    readTime: { median: at(0.5), p99: at(0.99) },
    ...served.sizes(),
  };
}
