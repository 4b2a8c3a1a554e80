/** Counts by key: of what has not come yet there is none. */
export function tally<Key>(counts: Map<Key, number>, key: Key, more = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}
