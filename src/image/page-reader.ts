import { closeSync, openSync, readSync } from 'node:fs';
import { openCompressedFile } from '../compression/compressed-file.ts';
import { isCompressed } from '../compression/is-compressed.ts';
import type { FileOffset } from '../util/units.ts';
import { pageSize } from '../util/units.ts';

interface OpenFile {
  /** Fills the page as far as the file reaches. */
  readonly read: (page: Buffer, offset: FileOffset) => void;
  readonly close: () => void;
}

/** Reads pages of files, each opened once; of files at rest what they hold. */
export class PageReader {
  readonly #files = new Map<string, OpenFile>();

  /** The page at an offset; zero behind the file's end. */
  read(path: string, offset: FileOffset): Buffer {
    const page = Buffer.alloc(pageSize);
    const file = this.#files.get(path) ?? openFile(path);
    this.#files.set(path, file);
    file.read(page, offset);
    return page;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }
}

function openFile(path: string): OpenFile {
  return isCompressed(path) ? openAtRest(path) : openPlain(path);
}

function openPlain(path: string): OpenFile {
  const file = openSync(path, 'r');
  return {
    read: (page, offset) => readSync(file, page, 0, pageSize, offset),
    close: () => {
      closeSync(file);
    },
  };
}

function openAtRest(path: string): OpenFile {
  const file = openCompressedFile(path);
  const { size } = file.head;
  return {
    read: (page, offset) => file.read(offset, Math.min(pageSize, size - offset)).copy(page),
    close: () => {
      file.close();
    },
  };
}
