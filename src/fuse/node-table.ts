/**
 * The nodes that the kernel knows: it counts how often each was looked up, and says when it forgets them. A node that an
 * update took out of the tree stays here while a program has it open or mapped.
 */
import { rootNode } from './protocol.ts';
import type { Directory, Node } from './tree.ts';

export class NodeTable {
  readonly #nodes = new Map<number, { node: Node; lookups: number }>();
  readonly #root: () => Directory;

  constructor(root: () => Directory) {
    this.#root = root;
  }

  get(ino: number): Node | undefined {
    return ino === rootNode ? this.#root() : this.#nodes.get(ino)?.node;
  }

  /** Counts one look-up. Of two nodes with one number the first stays: they have the same bytes. */
  remember(node: Node): void {
    const known = this.#nodes.get(node.ino);
    if (known) known.lookups += 1;
    else this.#nodes.set(node.ino, { node, lookups: 1 });
  }

  forget(ino: number, lookups: number): void {
    const known = this.#nodes.get(ino);
    if (!known) return;
    known.lookups -= lookups;
    if (known.lookups <= 0) this.#nodes.delete(ino);
  }

  /** Nodes without the root. */
  get size(): number {
    return this.#nodes.size;
  }
}
