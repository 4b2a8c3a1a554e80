/** Caches of ld.so, made byte by byte. */
import { compareNames } from '../../src/program/ld-cache-search.ts';

export interface MadeEntry {
  readonly name: string;
  readonly path: string;
  readonly flags?: number;
  readonly hwcap?: bigint;
}

/** A cache of format 1.1 as ldconfig writes it: header, entries, strings, extensions. */
export function madeCache(unsorted: readonly MadeEntry[], hwcaps: readonly string[] = []): Buffer {
  const entries = unsorted.toSorted((a, b) => compareNames(Buffer.from(b.name), Buffer.from(a.name)));
  const strings = new Strings(48 + entries.length * 24);
  const table = Buffer.alloc(entries.length * 24);
  entries.forEach(({ name, path, flags = 0x303, hwcap = 0n }, index) => {
    table.writeUInt32LE(flags, index * 24);
    table.writeUInt32LE(strings.place(name), index * 24 + 4);
    table.writeUInt32LE(strings.place(path), index * 24 + 8);
    table.writeBigUInt64LE(hwcap, index * 24 + 16);
  });
  const names = words(hwcaps.map((name) => strings.place(name)));
  const text = strings.padded();
  const extension = 48 + table.length + text.length;
  const section = words([0xeaa42174, 1, 1, 0, extension + 24, names.length]);
  const header = Buffer.alloc(48);
  header.write('glibc-ld.so.cache1.1');
  [entries.length, text.length, 2, extension].forEach((value, index) =>
    header.writeUInt32LE(value, 20 + index * 4),
  );
  return Buffer.concat([header, table, text, section, names]);
}

/** The same behind a table of the old format, as ldconfig wrote it before glibc 2.32: what is said of the extension counts from there. */
export function behindOldTable(cache: Buffer): Buffer {
  const old = Buffer.alloc(16 + 12 + 4);
  old.write('ld.so-1.7.0');
  old.writeUInt32LE(1, 12);
  const bytes = Buffer.concat([old, cache]);
  const shift = (at: number): number => bytes.writeUInt32LE(bytes.readUInt32LE(at) + old.length, at);
  const extension = old.length + bytes.readUInt32LE(old.length + 32);
  shift(old.length + 32);
  shift(extension + 16);
  for (let at = extension + 24; at < bytes.length; at += 4) shift(at);
  return bytes;
}

class Strings {
  #text = '';
  readonly #start: number;
  constructor(start: number) {
    this.#start = start;
  }
  place(text: string): number {
    const offset = this.#start + this.#text.length;
    this.#text += `${text}\0`;
    return offset;
  }
  padded(): Buffer {
    return Buffer.from(this.#text.padEnd(Math.ceil(this.#text.length / 4) * 4, '\0'), 'latin1');
  }
}

function words(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
  return bytes;
}
