/** Which entry of ld.so.cache ld.so takes for a name: `search_cache` of glibc's elf/dl-cache.c. */
import { machine } from '../machine/names.ts';
import { findEntries } from './ld-cache-search.ts';
import type { CacheEntry, LdCache } from './ld-cache.ts';
import { hwcapDirectory, isNamed } from './ld-cache.ts';
import type { LinkerFacts } from './linker-facts.ts';

const isaLevelMask = (1n << 10n) - 1n;
/** Capabilities of the legacy scheme: four platforms from bit 48, and bit 63 for `tls`. */
const platformMask = 0xfn << 48n;
const tlsBit = 1n << 63n;

/** Looks up the path for a library's name; undefined where the cache has none that this machine can use. */
export type CacheLookup = (name: string) => string | undefined;

export function cacheLookup(cache: LdCache, facts: LinkerFacts): CacheLookup {
  return (name) => {
    const usable = findEntries(cache.entries, name).filter(({ flags }) => flags === machine.cachedLibrary);
    return best(usable, cache, facts)?.path;
  };
}

/** The entry of the best glibc-hwcaps directory, or else the first plain one that fits. */
function best(entries: readonly CacheEntry[], cache: LdCache, facts: LinkerFacts): CacheEntry | undefined {
  const [named, plain] = [entries.filter(isNamed), entries.filter((entry) => !isNamed(entry))];
  const ranked = named
    .map((entry) => ({ entry, rank: rank(entry, cache, facts) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank);
  return ranked[0]?.entry ?? plain.find(({ hwcap }) => fitsLegacy(hwcap, facts));
}

/** The place of the entry's directory in the linker's order, -1 where this processor cannot use it. */
function rank(entry: CacheEntry, cache: LdCache, facts: LinkerFacts): number {
  const directory = hwcapDirectory(cache, entry);
  const needed = Number((entry.hwcap >> 32n) & isaLevelMask);
  if (directory === undefined || needed > isaLevel(facts)) return -1;
  return facts.hwcaps.indexOf(directory);
}

/** The processor's ISA level as the cache counts it: 0 for the base line, 1 for x86-64-v2, … */
function isaLevel(facts: LinkerFacts): number {
  const levels = new RegExp(`^${machine.name}-v(\\d+)$`);
  return Math.max(0, ...facts.hwcaps.map((name) => Number(levels.exec(name)?.[1] ?? 1) - 1));
}

/** Whether the processor has the entry's capabilities of the legacy scheme; since glibc 2.37 only entries without any. */
function fitsLegacy(hwcap: bigint, facts: LinkerFacts): boolean {
  if (facts.legacy === undefined) return hwcap === 0n;
  if ((hwcap & ~(facts.legacy.hwcap | platformMask | tlsBit)) !== 0n) return false;
  const platform = hwcap & platformMask;
  return platform === 0n || platform === facts.legacy.platformBit;
}
