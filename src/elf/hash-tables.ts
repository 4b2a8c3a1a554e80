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
  /** Of all symbols that it can find, if it is one of DT_GNU_HASH; bit 0 says nothing. */
  readonly gnuHashes?: Uint32Array;
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

/** DT_GNU_HASH decoded. */
interface GnuHash {
  /** The symbol of the first entry of `hashes`; those before it are in no bucket. */
  readonly firstSymbol: number;
  /** The Bloom filter: 64-bit words as halves, the low one first. */
  readonly bloom: Uint32Array;
  readonly bloomShift: number;
  /** The first symbol of each bucket, 0 where it is empty. */
  readonly buckets: Uint32Array;
  /** The hash of each symbol, with bit 0 set in the last of a bucket; longer than the table: its end is not stored. */
  readonly hashes: Uint32Array;
}

/**
 * DT_GNU_HASH (a GNU extension; its layout is that of binutils and glibc): a Bloom filter, buckets, and the symbols'
 * hashes in the order of the buckets. `table` reaches from its address to the end of the segment. Throws ElfError.
 */
export function gnuHashTable(table: Table): HashTable {
  const gnu = decodeGnuHash(table);
  const symbolCount = gnuSymbolCount(table, gnu);
  return {
    symbolCount,
    gnuHashes: gnu.hashes.subarray(0, symbolCount - gnu.firstSymbol),
    find: (name, matches) => (mayHave(gnu, name.gnuHash) ? findGnu(gnu, name.gnuHash, matches) : 0),
  };
}

function decodeGnuHash(table: Table): GnuHash {
  const bucketCount = table.u32(0);
  const bloomCount = table.u32(8);
  if (bloomCount === 0 || (bloomCount & (bloomCount - 1)) !== 0)
    throw table.fail(8, `${bloomCount} filter words, which is no power of two`);
  const bucketsAt = 16 + bloomCount * 8;
  const hashesAt = bucketsAt + bucketCount * 4;
  return {
    firstSymbol: table.u32(4),
    bloom: table.words(16, bloomCount * 2),
    bloomShift: table.u32(12),
    buckets: table.words(bucketsAt, bucketCount),
    hashes: table.words(hashesAt, Math.floor((table.size - hashesAt) / 4)),
  };
}

/** Whether the filter lets the hash through: two bits of one word, chosen by the hash, must be set. */
function mayHave({ bloom, bloomShift }: GnuHash, hash: number): boolean {
  const word = ((hash >>> 6) * 2) & (bloom.length - 1);
  return hasBit(bloom, word, hash & 63) && hasBit(bloom, word, (hash >>> bloomShift) & 63);
}

/** Bit 0 to 63 of the 64-bit word whose low half is at `word`. */
function hasBit(words: Uint32Array, word: number, bit: number): boolean {
  return ((words[word + (bit >>> 5)]! >>> (bit & 31)) & 1) === 1;
}

function findGnu(gnu: GnuHash, hash: number, matches: (index: number) => boolean): number {
  const { firstSymbol, buckets, hashes } = gnu;
  // Of an empty list of buckets this is undefined, as of an empty bucket 0.
  const first = buckets[hash % buckets.length] ?? 0;
  if (first < firstSymbol) return 0;
  for (let at = first - firstSymbol; at < hashes.length; at++) {
    const entry = hashes[at]!;
    if ((entry | 1) === (hash | 1) && matches(at + firstSymbol)) return at + firstSymbol;
    if ((entry & 1) === 1) return 0;
  }
  return 0;
}

/** One more than the last symbol of the bucket that begins last. */
function gnuSymbolCount(table: Table, { buckets, hashes, firstSymbol }: GnuHash): number {
  const last = buckets.reduce((most, index) => Math.max(most, index), 0);
  if (last < firstSymbol) return firstSymbol;
  for (let at = last - firstSymbol; at < hashes.length; at++)
    if ((hashes[at]! & 1) === 1) return at + firstSymbol + 1;
  throw table.fail(0, `the run of hashes from symbol ${last} has no end`);
}
