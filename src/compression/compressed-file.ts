/** Reads compressed files at any place. What it answers is what was compressed: each chunk is checked before a byte is used. */
import { closeSync, openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { LinkonceError } from '../util/errors.ts';
import { ChunkCache } from './chunk-cache.ts';
import type { Codec, CodecName } from './codec.ts';
import { findCodec } from './find-codec.ts';
import { readBytes, readHead, type Chunk, type Head } from './read-head.ts';

export interface ReadSettings {
  /** The file's name in errors; its path where absent. */
  readonly name?: string;
  /** Bytes of decompressed chunks that are kept. */
  readonly cacheSize?: number;
  /** Where codecs come from. */
  readonly findCodec?: (name: CodecName) => Codec;
}

/** Bytes: 16 chunks of the default size. A page-in server's own cache is the kernel's, so that this one may be small. */
const defaultCacheSize = 1 << 20;

/** Throws LinkonceError for a file that cannot be read, is damaged, or needs a library that is not there. */
export function openCompressedFile(path: string, settings: ReadSettings = {}): CompressedFile {
  const name = settings.name ?? path;
  const file = openFile(path, name);
  try {
    const head = readHead(file, name);
    const codec = (settings.findCodec ?? findCodec)(head.codec);
    return new CompressedFile(file, name, head, codec, settings.cacheSize ?? defaultCacheSize);
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function openFile(path: string, name: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new LinkonceError(
      `${name}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    );
  }
}

export class CompressedFile {
  readonly head: Head;
  /** Chunks that were decompressed, and that were still there. */
  readonly counts = { decompressed: 0, cached: 0 };
  readonly #file: number;
  readonly #name: string;
  readonly #codec: Codec;
  readonly #cache: ChunkCache;

  constructor(file: number, name: string, head: Head, codec: Codec, cacheSize: number) {
    this.#file = file;
    this.#name = name;
    this.head = head;
    this.#codec = codec;
    this.#cache = new ChunkCache(cacheSize);
  }

  /** Exactly `length` bytes from `offset` on. Throws LinkonceError naming the chunk that is damaged, RangeError past the end. */
  read(offset: number, length: number): Buffer {
    const { size, chunkSize } = this.head;
    if (offset < 0 || length < 0 || offset + length > size)
      throw new RangeError(`${this.#name}: ${length} bytes at ${offset} are not inside ${size}`);
    const into = Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
      const at = offset + done;
      done += this.#chunk(Math.floor(at / chunkSize)).copy(into, done, at % chunkSize);
    }
    return into;
  }

  close(): void {
    closeSync(this.#file);
  }

  #chunk(index: number): Buffer {
    const known = this.#cache.get(index);
    if (known) {
      this.counts.cached += 1;
      return known;
    }
    const chunk = this.head.chunks[index];
    if (!chunk) throw new Error(`${this.#name} has no chunk ${index}`);
    const bytes = this.#restore(index, chunk);
    this.counts.decompressed += 1;
    this.#cache.set(index, bytes);
    return bytes;
  }

  #restore(index: number, { offset, length, checksum }: Chunk): Buffer {
    const { chunkSize, size } = this.head;
    const whole = Math.min(chunkSize, size - index * chunkSize);
    const stored = readBytes(this.#file, offset, length);
    const bytes = stored.length === length ? this.#expand(stored, whole) : undefined;
    if (!bytes || crc32(bytes) !== checksum)
      throw new LinkonceError(`${this.#name}: chunk ${index} at ${offset} is damaged`);
    return bytes;
  }

  #expand(stored: Buffer, whole: number): Buffer | undefined {
    if (stored.length === 0) return Buffer.alloc(whole);
    if (stored.length === whole) return stored;
    const into = Buffer.allocUnsafe(whole);
    return this.#codec.decompress(stored, into) === whole ? into : undefined;
  }
}
