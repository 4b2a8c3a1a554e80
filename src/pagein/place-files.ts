/** The files at rest that places show, read without a slide. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { CompressedFile } from '../compression/compressed-file.ts';
import { openCompressedFile } from '../compression/compressed-file.ts';
import type { Chunk } from '../compression/read-head.ts';
import { isCompressed } from '../compression/is-compressed.ts';
import type { PagedContent } from '../files/paged-content.ts';
import { decodeWords } from '../files/paged-content.ts';
import { LinkonceError } from '../util/errors.ts';
import { attempt } from '../util/outcome.ts';

/** A file at rest. */
export interface RestingFile extends PagedContent {
  readonly name: string;
  readonly path: string;
  /** A place shows it to nobody else. */
  readonly mode: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** Chunks that were decompressed for it so far, and that were still there. */
  readonly chunks: Readonly<CompressedFile['counts']>;
  /** Bytes on storage. */
  readonly restingSize: number;
  /** Bytes of its chunks that are not all zeros. */
  readonly writtenSize: number;
  /** Where on storage the chunk with this byte of the pages is. */
  restsAt(offset: number): Pick<Chunk, 'offset' | 'length'> | undefined;
  /** Bytes of the pages, inside of them. Throws LinkonceError where the file is damaged. */
  read(offset: number, length: number): Buffer;
}

/** By name; what is damaged is an error for who asks for it, and nobody else. */
export interface Resting {
  readonly files: ReadonlyMap<string, RestingFile>;
  readonly damaged: ReadonlyMap<string, LinkonceError>;
}

/** Those of a folder; read again when something appeared in it, or went. */
export class RestingFiles {
  readonly #folder: string;
  #seen = -1n;
  #all: Resting = { files: new Map(), damaged: new Map() };

  constructor(folder: string) {
    this.#folder = folder;
  }

  all(): Resting {
    const { mtimeNs } = statSync(this.#folder, { bigint: true });
    if (mtimeNs !== this.#seen) {
      this.#all = this.#list();
      this.#seen = mtimeNs;
    }
    return this.#all;
  }

  #list(): Resting {
    const files = new Map<string, RestingFile>();
    const damaged = new Map<string, LinkonceError>();
    // Nothing but files is touched: the mount itself may stand in the folder, and who serves it cannot ask it.
    for (const entry of readdirSync(this.#folder, { withFileTypes: true })) {
      const { name } = entry;
      if (!entry.isFile() || name.startsWith('.')) continue;
      const known = this.#all.files.get(name);
      const opened = attempt(() => known ?? openResting(path.join(this.#folder, name)));
      if ('failure' in opened) damaged.set(name, opened.failure);
      else if (opened.value) files.set(name, opened.value);
    }
    return { files, damaged };
  }
}

/** Undefined for a file of another kind. Throws LinkonceError for one that is damaged. */
function openResting(file: string): RestingFile | undefined {
  if (!isCompressed(file)) return undefined;
  const { mode, gid, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  const opened = openCompressedFile(file);
  const read = (offset: number, length: number): Buffer => opened.read(offset, length);
  try {
    const { size, fileSize, chunks, chunkSize } = opened.head;
    const written = chunks.filter(({ length }) => length > 0).length * chunkSize;
    const sizes = { restingSize: fileSize, writtenSize: Math.min(written, size) };
    const words = decodeWords(size, read);
    return {
      ...{ name: path.basename(file), path: file, mtimeNs, ctimeNs, ...sizes, read, ...words },
      ...{ mode: Number(mode), gid: Number(gid) },
      chunks: opened.counts,
      restsAt: (offset) => chunks[Math.floor(offset / chunkSize)],
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LinkonceError(`${file}: ${error.message}`);
  }
}
