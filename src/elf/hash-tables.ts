/**
 * The two hash tables of dynamic symbols. Both yield the candidates for a hash, in the order in which ld.so visits them;
 * whether a candidate has the name, the caller compares.
 */
import type { SymbolName } from './elf-file.ts';
import type { Table } from './table.ts';

export interface HashTable {
  /** Symbols that the table proves to exist, with symbol 0. */
  readonly symbolCount: number;
  /** The first candidate that `matches` takes, 0 where there is none. */
  find(name: SymbolName, matches: (index: number) => boolean): number;
}

/** DT_HASH (gABI chapter 'Hash Table'); `table` reaches from its address to the end of the segment. Throws ElfError. */
export function sysvHashTable(table: Table): HashTable {
  const bucketCount = table.u32(0);
  const chainCount = table.u32(4);
  const buckets = table.words(8, bucketCount);
  const chains = table.words(8 + bucketCount * 4, chainCount);
  return {
    symbolCount: chainCount,
    find(name, matches) {
      if (bucketCount === 0) return 0;
      let index = buckets[name.sysvHash % bucketCount]!;
      for (let steps = 0; index !== 0 && index < chainCount && steps < chainCount; steps++) {
        if (matches(index)) return index;
        index = chains[index]!;
      }
      return 0;
    },
  };
}

/**
 * DT_GNU_HASH: a Bloom filter, buckets with the first symbol of each, and one hash a symbol, whose bit 0 ends the
 * bucket's run. `table` reaches from its address to the end of the segment. Throws ElfError.
 */
export function gnuHashTable(table: Table): HashTable {
  const [bucketCount, firstSymbol, bloomWords, bloomShift] = [
    table.u32(0),
    table.u32(4),
    table.u32(8),
    table.u32(12),
  ];
  if (bloomWords === 0 || (bloomWords & (bloomWords - 1)) !== 0)
    throw table.fail(8, `${bloomWords} filter words, which is no power of two`);
  const bloom = table.words(16, bloomWords * 2);
  const bucketsAt = 16 + bloomWords * 8;
  const buckets = table.words(bucketsAt, bucketCount);
  const hashesAt = bucketsAt + bucketCount * 4;
  const hashes = table.words(hashesAt, Math.floor((table.size - hashesAt) / 4));

  const mayHave = (hash: number): boolean => {
    const word = ((hash >>> 6) & (bloomWords - 1)) * 2;
    return hasBit(bloom, word, hash & 63) && hasBit(bloom, word, (hash >>> bloomShift) & 63);
  };
  return {
    symbolCount: gnuSymbolCount(table, buckets, hashes, firstSymbol),
    find(name, matches) {
      const hash = name.gnuHash;
      if (bucketCount === 0 || !mayHave(hash)) return 0;
      const index = buckets[hash % bucketCount]!;
      if (index < firstSymbol) return 0;
      for (let at = index - firstSymbol; at < hashes.length; at++) {
        const entry = hashes[at]!;
        if ((entry | 1) === (hash | 1) && matches(at + firstSymbol)) return at + firstSymbol;
        if ((entry & 1) === 1) return 0;
      }
      return 0;
    },
  };
}

/** Bit 0 to 63 of the 64-bit word whose low half is at `word`. */
function hasBit(words: Uint32Array, word: number, bit: number): boolean {
  return ((words[word + (bit >>> 5)]! >>> (bit & 31)) & 1) === 1;
}

/** One more than the last symbol of the bucket that begins last. */
function gnuSymbolCount(
  table: Table,
  buckets: Uint32Array,
  hashes: Uint32Array,
  firstSymbol: number,
): number {
  const last = buckets.reduce((most, index) => Math.max(most, index), 0);
  if (last < firstSymbol) return firstSymbol;
  for (let at = last - firstSymbol; at < hashes.length; at++)
    if ((hashes[at]! & 1) === 1) return at + firstSymbol + 1;
  throw table.fail(0, `the run of hashes from symbol ${last} has no end`);
}
