/**
 * What the file system shows: a folder for each place, named by its number, with a file `slide` of 8 bytes, little-endian, and
 * all files at rest, relocated. Runs in the server's thread.
 */
import path from 'node:path';
import type { CreateTree, Directory, File, Node } from '../fuse/tree.ts';
import { pageSize } from '../util/units.ts';
import { createSigns } from './beacon.ts';
import type { Resting, RestingFile } from './place-files.ts';
import { RestingFiles } from './place-files.ts';
import { Recall, restingPages, runsOf } from './recall.ts';
import { recall } from './recaller.ts';
import { relocatedRead } from './relocate.ts';

export interface PlacesData {
  /** The folder with the files at rest. */
  readonly files: string;
  /** By place. */
  readonly slides: readonly bigint[];
  /** Two numbers for each place: see `placeCounters`. */
  readonly counters: SharedArrayBuffer;
  /** The descriptor of the server's beacon. */
  readonly beacon: number;
  /** Where the places are shown, and the socket of who reads forgotten pages again; absent: nobody does. */
  readonly mountPoint?: string;
  readonly recaller?: number;
  readonly uid: number;
  readonly gid: number;
}

/** Pages that a place made, words that it moved in them; chunks that it decompressed for that, and that were still there. */
export const placeCounters = { pages: 0, relocations: 1, decompressed: 2, cached: 3 } as const;
const countersOfPlace = Object.keys(placeCounters).length;

/** The counters of `count` places. */
export function newCounters(count: number): SharedArrayBuffer {
  return new SharedArrayBuffer(count * countersOfPlace * 8);
}

export function readCounter(
  counters: SharedArrayBuffer,
  place: number,
  which: keyof typeof placeCounters,
): number {
  return Number(Atomics.load(new BigInt64Array(counters), place * countersOfPlace + placeCounters[which]));
}

const rootIno = 1;

const createTree: CreateTree = (data) => {
  const places = data as PlacesData;
  const numbers = inoNumbers();
  const resting = new RestingFiles(places.files);
  const common = { uid: places.uid, gid: places.gid, mtimeNs: 0n, ctimeNs: 0n };
  const folders = places.slides.map((slide, place) =>
    placeFolder(places, place, slide, resting, numbers, common),
  );
  const root: Directory = {
    ...common,
    kind: 'directory',
    ino: rootIno,
    mode: 0o755,
    entries: new Map(folders.map((folder, place) => [String(place), folder])),
  };
  const live = createSigns(places.beacon);
  live();
  return { root, live };
};
export default createTree;

/** Every file of every place has a number of its own, which is never used again. */
function inoNumbers(): () => number {
  let last = rootIno;
  return () => ++last;
}

type Common = Pick<Directory, 'uid' | 'gid' | 'mtimeNs' | 'ctimeNs'>;

function placeFolder(
  data: PlacesData,
  place: number,
  slide: bigint,
  resting: RestingFiles,
  nextIno: () => number,
  common: Common,
): Directory {
  const slideFile = slideNode(slide, nextIno(), common);
  const shown = new Map<RestingFile, File>();
  const show = (file: RestingFile): File => {
    const node = shown.get(file) ?? relocatedNode(file, data, place, slide, nextIno(), common);
    shown.set(file, node);
    return node;
  };
  return {
    ...common,
    kind: 'directory',
    ino: nextIno(),
    mode: 0o755,
    get entries(): ReadonlyMap<string, Node> {
      const { files, damaged } = resting.all();
      const shownFiles = [...files].map(([name, file]) => [name, show(file)] as const);
      return new Entries([['slide', slideFile], ...shownFiles], damaged);
    },
  };
}

/** Does not list what is damaged, and throws where that is looked up. */
class Entries extends Map<string, Node> {
  readonly #damaged: Resting['damaged'];

  constructor(nodes: readonly (readonly [string, Node])[], damaged: Resting['damaged']) {
    super(nodes);
    this.#damaged = damaged;
  }

  override get(name: string): Node | undefined {
    const error = this.#damaged.get(name);
    if (error) throw error;
    return super.get(name);
  }
}

function slideNode(slide: bigint, ino: number, common: Common): File {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(slide);
  return {
    ...common,
    kind: 'file',
    ino,
    mode: 0o444,
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

function relocatedNode(
  file: RestingFile,
  { counters, mountPoint, recaller }: PlacesData,
  place: number,
  slide: bigint,
  ino: number,
  common: Common,
): File {
  const numbers = new BigInt64Array(counters);
  const count = (which: keyof typeof placeCounters, more: number): void => {
    Atomics.add(numbers, place * countersOfPlace + placeCounters[which], BigInt(more));
  };
  const asked = new Recall(file.size);
  const note = (offset: number, length: number): void => {
    if (!asked.note(offset, length) || mountPoint === undefined || recaller === undefined) return;
    const pages = asked.pages();
    recall(recaller, file.path, runsOf(restingPages(file, pages)));
    recall(recaller, path.join(mountPoint, String(place), file.name), runsOf(pages));
  };
  const { mode, gid, size, mtimeNs, ctimeNs } = file;
  return {
    ...common,
    kind: 'file',
    ino,
    gid,
    mode: mode & 0o444,
    size,
    mtimeNs,
    ctimeNs,
    read(offset, length) {
      note(offset, length);
      const before = { ...file.chunks };
      const { bytes, relocations } = relocatedRead(
        (at, count) => file.read(at, count),
        file,
        slide,
        offset,
        length,
      );
      count('pages', Math.ceil(bytes.length / pageSize));
      count('relocations', relocations);
      count('decompressed', file.chunks.decompressed - before.decompressed);
      count('cached', file.chunks.cached - before.cached);
      return bytes;
    },
  };
}
