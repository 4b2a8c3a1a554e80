/** Collects zero-ended strings, each once. */
export class Strings {
  private readonly offsets = new Map<string, number>();
  private readonly parts: Buffer[] = [];
  private next: number;
  constructor(start: number) {
    this.next = start;
  }
  /** The offset of `text` from the plan's start. */
  add(text: string): number {
    return this.offsets.get(text) ?? this.append(text, Buffer.from(`${text}\0`));
  }
  bytes(bytes: Buffer): number {
    return this.append(undefined, bytes);
  }
  private append(text: string | undefined, bytes: Buffer): number {
    const offset = this.next;
    if (text !== undefined) this.offsets.set(text, offset);
    this.parts.push(bytes);
    this.next += bytes.length;
    return offset;
  }
  all(): Buffer {
    return Buffer.concat(this.parts);
  }
}
