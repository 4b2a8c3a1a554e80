/** Draws libraries of Debian (models/data) again and again, and looks whether hashes of their names collide. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { hashName } from '../ranges/hash-name.ts';
import { collidingPairs, pairsOf, readNames, sampleCollisions } from '../models/named-collisions.ts';
import { packageRoot } from '../util/native.ts';
import { createRandom } from '../util/random.ts';
import type { NamedCollisions } from './named-collisions.ts';

/** So many that an interval is a few percent wide, and so few that a report is written in a moment. */
const trials = 400;
/** The widths of the seed's formats of 32 bits, and where their curves rise. */
const libraries = new Map([
  [16, [50, 100, 200, 300, 500, 800]],
  [19, [200, 500, 800, 1000, 1500, 2000]],
]);

/** The same for every report. */
export function collectCollisions(): readonly NamedCollisions[] {
  const names = readNames(
    readFileSync(path.join(packageRoot(), 'models', 'data', 'library-names.txt'), 'utf8'),
  );
  return [...libraries].map(([bits, counts]) => {
    const places = names.map((name) => hashName(name, 2 ** bits));
    const random = createRandom(bits);
    const points = counts.map((count) => ({
      libraries: count,
      ...sampleCollisions({ places, libraries: count, trials, random }),
    }));
    return {
      bits,
      names: names.length,
      pairs: collidingPairs(places),
      expectedPairs: pairsOf(names.length) / 2 ** bits,
      trials,
      points,
    };
  });
}
