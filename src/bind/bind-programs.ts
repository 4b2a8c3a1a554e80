/**
 * The main flow: programs become images, whose processes map and share what the platform's linker computed once. `bind` and
 * `compare` do this in a folder, a store among what it has, and `reslide` and `export` from records, where nothing is captured.
 * What one program meets does not keep the others from going on.
 */
import { readFileSync } from 'node:fs';
import type { LaidOut } from '../files/compose-program.ts';
import { composeProgram } from '../files/compose-program.ts';
import type { PlacingMeans } from '../files/place-program.ts';
import { placeProgram } from '../files/place-program.ts';
import { shareMemory } from '../files/share-memory.ts';
import type { Stock } from '../files/stock.ts';
import type { NewFile } from '../files/stocking.ts';
import type { Audience } from '../program/audience.ts';
import type { Blueprint } from '../provenance/explained.ts';
import { requireMovable } from '../ranges/movable.ts';
import type { Placing } from '../ranges/place-programs.ts';
import { nativePart } from '../util/native.ts';
import type { Outcome } from '../util/outcome.ts';
import { forEachValue, valuesOf } from '../util/outcome.ts';

/** What is bound, and where it goes: a folder and a store differ in nothing else. */
export interface BindJob<T> extends Omit<PlacingMeans, 'loader' | 'holdings'> {
  /** What stands in files already. */
  readonly stock: Stock;
  readonly newFile: NewFile;
  /** Pages: see files/member-filing.ts. */
  readonly gap: number;
  /** Whom files are for at most, whoever may read the modules. */
  readonly readers: Audience;
  /** See files/share-memory.ts. */
  readonly grows: boolean;
  /** Gives each module its range of addresses. */
  place(): Placing;
  /** One outcome for each program; those that `place` gave a failure have it. */
  explain(placing: Placing): Promise<readonly Outcome<Blueprint>[]>;
  /** Writes image and launcher of the program with that index, and reads them back. */
  write(laidOut: LaidOut, index: number): T;
}

export interface BindResult<T> {
  /** In the order of the programs. */
  readonly outcomes: readonly Outcome<T>[];
  readonly placing: Placing;
  /** What was added to the stock. */
  readonly added: Stock;
}

/** Every file appears whole or not at all. */
export async function bindPrograms<T>(job: BindJob<T>): Promise<BindResult<T>> {
  const { arrangement } = job;
  const loader = readFileSync(nativePart('loader.bin'));
  // ranges/: every module gets a range of addresses, which it keeps.
  const placing = job.place();
  // capture/ and provenance/: every program runs to its handoff point, its modules in the order of these ranges, and what its linker
  // wrote is explained.
  const explained = await job.explain(placing);
  // From here on every word is explained: no process is asked any more.
  const means = { ...job, holdings: placing.holdings, loader };
  const placed = forEachValue(explained, (blueprint) => {
    requireMovable(blueprint, arrangement);
    return placeProgram(blueprint, means);
  });
  // From here on no address changes.
  // files/: each page that several programs share is written once.
  const shared = shareMemory(valuesOf(placed), { ...job, partitions: placing.partitions });
  // image/: the plan says what each process maps from where, and does beside.
  const composed = forEachValue(placed, (each) => composeProgram(each, shared, job));
  // From here on the launcher may appear: behind an image that was read back, of modules that are as they were.
  const outcomes = forEachValue(composed, (laidOut, index) => job.write(laidOut, index));
  return { outcomes, placing, added: shared.added };
}
