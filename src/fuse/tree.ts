/** What a server shows: directories, links, and files whose bytes are made when they are asked for. */

interface Attributes {
  /**
   * Unique among all that the server ever shows, below 2^53; the root's is 1. It stands for the content: other bytes need
   * another number, for the kernel keeps pages by it.
   */
  readonly ino: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export interface File extends Attributes {
  readonly kind: 'file';
  /** Bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset` on, inside the file. What it throws becomes EIO for who reads, and a line of the
   * server's log; so does any other number of bytes.
   */
  read(offset: number, length: number): Buffer;
}

export interface Link extends Attributes {
  readonly kind: 'link';
  readonly target: string;
}

export interface Directory extends Attributes {
  readonly kind: 'directory';
  /** Asked for at each look-up: it may change, if the kernel is told (`Server.update`). */
  readonly entries: ReadonlyMap<string, Node>;
}

export type Node = File | Link | Directory;

export interface Tree {
  readonly root: Directory;
  /** Takes in what `Server.update` was given, before the next request is answered. */
  update?(message: unknown): void;
  /** Called by the serving thread before it begins, and then at least once a second, if no answer takes longer: a sign of life. */
  live?(): void;
}

/**
 * A module that a server's thread imports has this as its default export, and makes the tree from `data`: what
 * `structuredClone` can copy; a SharedArrayBuffer in it is shared. A LinkonceError that it throws becomes `startServer`'s.
 */
export type CreateTree = (data: unknown) => Tree | Promise<Tree>;
