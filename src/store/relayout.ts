/** Lays all programs of a store out anew from their records: the main flow without a capture. */
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { bindPrograms } from '../bind/bind-programs.ts';
import { partitionModules } from '../ranges/order.ts';
import type { Placing } from '../ranges/place-programs.ts';
import { attempt, valueOf } from '../util/outcome.ts';
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import type { AddressSpace, Stretch } from '../ranges/addresses.ts';
import { stretchesOf } from '../ranges/addresses.ts';
import type { Catalogue } from './catalogue.ts';
import { allModules, compareForms, isBound } from './catalogue.ts';
import { currentBlueprint } from './current-blueprint.ts';
import { names } from './folder.ts';
import { loaderDigest } from './freshness.ts';
import type { OnProgress } from './session.ts';
import { shelfOf } from './session.ts';
import { recordedAs, writeProgram } from './write-program.ts';

/**
 * The programs of `from` as they will stand in `to`, with their modules moved to another space of the same form; within a stretch of it all move by the same distance. Every
 * program is up to date. The caller commits the result. Throws the first failure.
 */
export async function layOutAgain(
  from: string,
  to: string,
  catalogue: Catalogue,
  space: AddressSpace,
  onProgress: OnProgress,
): Promise<Catalogue> {
  onProgress('laying all programs out anew');
  const moved = { ...catalogue, space, stock: { modules: [], runs: [] } };
  const destination = { store: to, readers: catalogue.settings.readers };
  const bound = catalogue.programs.filter(isBound);
  const { outcomes, placing, added } = await bindPrograms({
    ...shelfOf(to, moved),
    place: () => movedPlacing(catalogue, space),
    explain: () => Promise.resolve(bound.map((program) => attempt(() => currentBlueprint(from, program)))),
    write: (laidOut, index) => {
      const program = at(bound, index);
      const { record } = program;
      const [source, files] = [path.join(from, names.files), path.join(to, names.files)];
      if (from !== to) copyFileSync(path.join(source, record), path.join(files, record));
      return writeProgram(destination, recordedAs(program, laidOut.placed.blueprint), laidOut);
    },
  });
  const others = catalogue.programs.filter((program) => !isBound(program));
  return {
    ...moved,
    loader: loaderDigest(),
    holdings: placing.holdings,
    programs: [...outcomes.map(valueOf), ...others].sort(compareForms),
    stock: added,
  };
}

function movedPlacing({ holdings, space: before, programs }: Catalogue, space: AddressSpace): Placing {
  const placed = new Set(holdings.map(({ key }) => key));
  const movable = programs
    .filter(isBound)
    .map((program) => ({ ...program, modules: allModules(program).filter((each) => placed.has(each)) }));
  return {
    holdings: holdings.map((each) => ({ ...each, start: movedAddress(each.start, before, space) })),
    partitions: partitionModules(movable),
    failures: new Map(),
  };
}

/** As far behind the beginning of its stretch as before; what is in none moves with the first one. */
function movedAddress(address: Address, from: AddressSpace, to: AddressSpace): Address {
  const stretches = stretchesOf(from);
  const isIn = ({ start, end }: Stretch): boolean => address >= start && address < end;
  const index = Math.max(0, stretches.findIndex(isIn));
  return address + at(stretchesOf(to), index).start - at(stretches, index).start;
}
