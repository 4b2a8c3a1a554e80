import { closeSync, openSync, readSync } from 'node:fs';
import type { FileOffset } from '../util/units.ts';
import { pageSize } from '../util/units.ts';

/** Reads pages of files, each opened once. */
export class PageReader {
  readonly #files = new Map<string, number>();

  /** The page at an offset; zero behind the file's end. */
  read(path: string, offset: FileOffset): Buffer {
    const page = Buffer.alloc(pageSize);
    readSync(this.#open(path), page, 0, pageSize, offset);
    return page;
  }

  #open(path: string): number {
    const file = this.#files.get(path) ?? openSync(path, 'r');
    this.#files.set(path, file);
    return file;
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }
}
