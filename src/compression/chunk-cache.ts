/** The chunks used last, up to a number of bytes. A Map keeps the order in which its keys came in: the first is the oldest. */
export class ChunkCache {
  readonly #chunks = new Map<number, Buffer>();
  readonly #capacity: number;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(index: number): Buffer | undefined {
    const chunk = this.#chunks.get(index);
    if (!chunk) return undefined;
    this.#chunks.delete(index);
    this.#chunks.set(index, chunk);
    return chunk;
  }

  /** The newest chunk stays even where it alone is too much. */
  set(index: number, chunk: Buffer): void {
    this.#chunks.set(index, chunk);
    this.#size += chunk.length;
    for (const [oldest, bytes] of this.#chunks) {
      if (this.#size <= this.#capacity || oldest === index) return;
      this.#chunks.delete(oldest);
      this.#size -= bytes.length;
    }
  }
}
