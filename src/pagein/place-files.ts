/** The files at rest that places show, read without a slide. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { openCompressedFile } from '../compression/compressed-file.ts';
import { isCompressed } from '../compression/is-compressed.ts';
import type { PagedContent } from '../collection/paged-content.ts';
import { decodeWords } from '../collection/paged-content.ts';
import { LinkonceError } from '../util/errors.ts';

/** A file at rest. */
export interface RestingFile extends PagedContent {
  readonly name: string;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** Bytes of the pages, inside of them. Throws LinkonceError where the file is damaged. */
  read(offset: number, length: number): Buffer;
}

/** Those of a folder, by name; read again when something appeared in it, or went. */
export class RestingFiles {
  readonly #folder: string;
  #seen = -1n;
  #files = new Map<string, RestingFile>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  all(): ReadonlyMap<string, RestingFile> {
    const { mtimeNs } = statSync(this.#folder, { bigint: true });
    if (mtimeNs !== this.#seen) {
      this.#files = this.#list();
      this.#seen = mtimeNs;
    }
    return this.#files;
  }

  #list(): Map<string, RestingFile> {
    // Nothing but files is touched: the mount itself may stand in the folder, and who serves it cannot ask it.
    const entries = readdirSync(this.#folder, { withFileTypes: true });
    return new Map(
      entries.flatMap((entry) => {
        const { name } = entry;
        if (!entry.isFile() || name.startsWith('.')) return [];
        const file = this.#files.get(name) ?? openResting(path.join(this.#folder, name));
        return file ? [[name, file] as const] : [];
      }),
    );
  }
}

/** Undefined for a file of another kind. Throws LinkonceError for one that is damaged. */
function openResting(file: string): RestingFile | undefined {
  if (!isCompressed(file)) return undefined;
  const { mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  const opened = openCompressedFile(file);
  const read = (offset: number, length: number): Buffer => opened.read(offset, length);
  try {
    return { name: path.basename(file), mtimeNs, ctimeNs, read, ...decodeWords(opened.head.size, read) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LinkonceError(`${file}: ${error.message}`);
  }
}
