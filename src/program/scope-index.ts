/**
 * Which modules of a scope may define a name, found at once: the hashes of all their DT_GNU_HASH in one table. A large program has two
 * hundred modules and asks for fifty thousand names, of which nearly every one stands in one or two of them.
 */
import type { SymbolName } from '../elf/elf-file.ts';
import type { ScopeEntry } from './lookup.ts';

/** In the order of the scope, all entries that may have the name, and few others. */
export type ScopeIndex = (name: SymbolName) => readonly ScopeEntry[];

/** Chains of entries by hash: `heads` by slot, then `next` by link, 0 at the end. */
interface Chains {
  readonly keys: Uint32Array;
  readonly heads: Uint32Array;
  readonly next: Uint32Array;
  /** Positions in the scope by link. */
  readonly entries: Uint16Array;
}

export function indexScope(scope: readonly ScopeEntry[]): ScopeIndex {
  const chains = chainsOf(scope);
  // A table of the old kind has other hashes: whether it has the name, it is asked.
  const unhashed = scope.flatMap(({ symbols }, position) => (symbols.hashes ? [] : [position]));
  return ({ gnuHash }) => {
    const found = positionsIn(chains, gnuHash);
    const all = unhashed.length === 0 ? found : [...found, ...unhashed].sort((a, b) => a - b);
    return all.map((position) => scope[position]!);
  };
}

function chainsOf(scope: readonly ScopeEntry[]): Chains {
  const total = scope.reduce((sum, { symbols }) => sum + (symbols.hashes?.length ?? 0), 0);
  const slots = 2 ** Math.ceil(Math.log2(2 * total + 2));
  const [keys, heads] = [new Uint32Array(slots), new Uint32Array(slots)];
  const [next, entries] = [new Uint32Array(total + 1), new Uint16Array(total + 1)];
  const chains = { keys, heads, next, entries };
  let link = 0;
  // From the last on, each before those that are there.
  for (let position = scope.length - 1; position >= 0; position--)
    for (const hash of scope[position]!.symbols.hashes ?? []) {
      const slot = slotOf(chains, hash);
      const head = heads[slot]!;
      if (head !== 0 && entries[head] === position) continue;
      link++;
      keys[slot] = keyOf(hash);
      next[link] = head;
      entries[link] = position;
      heads[slot] = link;
    }
  return chains;
}

function positionsIn(chains: Chains, hash: number): number[] {
  const positions: number[] = [];
  for (let link = chains.heads[slotOf(chains, hash)]!; link !== 0; link = chains.next[link]!)
    positions.push(chains.entries[link]!);
  return positions;
}

/** Bit 0 says where a bucket ends. */
function keyOf(hash: number): number {
  return (hash | 1) >>> 0;
}

/** The key's slot, or the free one for it: half of them are free. */
function slotOf({ keys }: Chains, hash: number): number {
  const key = keyOf(hash);
  const last = keys.length - 1;
  let slot = (Math.imul(key, 0x9e37_79b1) >>> 1) & last;
  while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & last;
  return slot;
}
