/**
 * How much is tested, by `LINKONCE_TEST`: absent, everything that judges something of its own; `quick` (which `npm test -- AREA`
 * sets), some cases of each long table; `all`, for a release, also what differs from another case in nothing known.
 */
const extent = process.env.LINKONCE_TEST ?? 'usual';
if (!['quick', 'usual', 'all'].includes(extent))
  throw new Error(`LINKONCE_TEST is ${extent}, not quick or all`);

export const isQuick = extent === 'quick';
export const isForRelease = extent === 'all';

/** The cases of a table that are tested: where it shall be quick so many, from all over it, the first among them. */
export function casesOf<T>(all: readonly T[], quick: number): readonly T[] {
  if (!isQuick || all.length <= quick) return all;
  return Array.from({ length: quick }, (_, index) => all[Math.floor((index * all.length) / quick)]!);
}
