/**
 * Serves the places of a folder: a store, or what a bind wrote. Processes of a system whose arrangement has `places` map their memory
 * from a file system that relocates a page when it is read.
 *
 * 1. At bind, files/ writes what processes would map as files at rest: compressed, without a slide, with a list of the words that
 *    move (moving-words.ts, shared-file.ts, own-file.ts). The program's image keeps plan and loader only.
 * 2. Here a slide is drawn for each place, and the server (fuse/) is started. Its thread shows the files at rest in each place
 *    (places-tree.ts); `relocatedRead` moves the words of what the kernel asks for, and of nothing else.
 * 3. At start-up the loader (native/place.h) finds a place that is served and ours, and reserves all ranges there, or tries the next
 *    place.
 */
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { clearDeadMounts } from '../fuse/mount-state.ts';
import type { Server } from '../fuse/server.ts';
import { startServer } from '../fuse/server.ts';
import type { Places } from '../image/places.ts';
import { slideBits, slideUnit } from '../image/plan-layout.ts';
import { LinkonceError } from '../util/errors.ts';
import { packageRoot } from '../util/native.ts';
import { createBeacon } from './beacon.ts';
import { RestingFiles } from './place-files.ts';
import { requireAnswer } from './places-state.ts';
import { newCounters, readCounter } from './places-tree.ts';
import { startRecaller } from './recaller.ts';

export interface PlaceCounts {
  readonly slide: bigint;
  /** Pages that were made for the kernel. */
  readonly pages: number;
  /** Words that were moved in them. */
  readonly relocations: number;
  /** Chunks that were decompressed for that, and that were still there. */
  readonly decompressed: number;
  readonly cached: number;
}

export interface ServedPlaces {
  readonly server: Server;
  /** By place. */
  counts(): readonly PlaceCounts[];
  /** Bytes of the files at rest on storage, and of what they hold. */
  sizes(): { readonly restingBytes: number; readonly plainBytes: number };
}

/** Bytes that the kernel may read around a page that is asked for: none, so that a place relocates what is touched and no more. */
const readAhead = 0;

/** Draws a slide for each place. Throws LinkonceError where the folder is served already, or cannot be. */
export async function servePlaces(
  { path: mountPoint, files, count }: Places,
  log: (line: string) => void,
): Promise<ServedPlaces> {
  if (!existsSync(files)) throw new LinkonceError(`${files}: there is nothing that places could show`);
  requireAnswer(mountPoint);
  // A dead one can neither be made nor looked at.
  clearDeadMounts(mountPoint);
  mkdirSync(mountPoint, { recursive: true, mode: 0o755 });
  const { uid, gid } = statSync(files);
  const slides = drawSlides(count);
  const counters = newCounters(count);
  const resting = new RestingFiles(files);
  const beacon = createBeacon(mountPoint);
  const recaller = startRecaller();
  const close = (): void => {
    beacon.close();
    recaller.close();
  };
  const server = await startServer({
    mountPoint,
    module: pathToFileURL(path.join(packageRoot(), 'dist', 'src', 'pagein', 'places-tree.js')),
    data: { files, slides, counters, beacon: beacon.file, mountPoint, recaller: recaller.socket, uid, gid },
    readAhead,
    log,
  }).catch((error: unknown) => {
    close();
    throw error;
  });
  beacon.show();
  void server.ended.then(close, close);
  return {
    server,
    counts: () =>
      slides.map((slide, place) => ({
        slide,
        pages: readCounter(counters, place, 'pages'),
        relocations: readCounter(counters, place, 'relocations'),
        decompressed: readCounter(counters, place, 'decompressed'),
        cached: readCounter(counters, place, 'cached'),
      })),
    sizes: () => restingSizes(resting),
  };
}

function restingSizes(resting: RestingFiles): ReturnType<ServedPlaces['sizes']> {
  const files = [...resting.all().files.values()];
  return {
    restingBytes: files.reduce((sum, { restingSize }) => sum + restingSize, 0),
    plainBytes: files.reduce((sum, { writtenSize }) => sum + writtenSize, 0),
  };
}

/** No two alike. */
function drawSlides(count: number): bigint[] {
  const slides = new Set<bigint>();
  while (slides.size < count) slides.add(BigInt(randomInt(2 ** slideBits)) * BigInt(slideUnit));
  return [...slides];
}
