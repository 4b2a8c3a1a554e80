/** Lays all programs of a store out anew from their records: no capture is needed. */
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { layOut } from '../files/lay-out.ts';
import { partitionModules } from '../ranges/order.ts';
import { freshName } from '../ranges/place-programs.ts';
import { nativePart } from '../util/native.ts';
import type { Address } from '../util/units.ts';
import type { Catalogue, StoredProgram } from './catalogue.ts';
import { isBound } from './catalogue.ts';
import { names, shownPlaces } from './folder.ts';
import { currentBlueprint } from './current-blueprint.ts';
import { loaderDigest } from './freshness.ts';
import type { OnProgress } from './session.ts';
import { arrangementOf } from './session.ts';
import { writeProgram } from './write-program.ts';

/**
 * The programs of `from` as they will stand in `to`, with their modules moved to `base`, all by the same distance. Every
 * program is up to date. The caller commits the result.
 */
export function layOutAgain(
  from: string,
  to: string,
  catalogue: Catalogue,
  base: Address,
  onProgress: OnProgress,
): Catalogue {
  onProgress('laying all programs out anew');
  const { space, settings, programs, modules } = catalogue;
  const holdings = catalogue.holdings.map((each) => ({ ...each, start: each.start + base - space.base }));
  const bound = programs.filter(isBound);
  const blueprints = bound.map((program) => currentBlueprint(from, program));
  const files = path.join(to, names.files);
  const placed = new Set(holdings.map(({ key }) => key));
  const result = layOut({
    blueprints,
    arrangement: arrangementOf(settings),
    space: { ...space, base },
    holdings,
    partitions: partitionModules(
      bound.map((program) => ({ ...program, modules: program.modules.filter((each) => placed.has(each)) })),
    ),
    stock: { modules: [], runs: [] },
    newFile: (name) => path.join(files, freshName(name)),
    loader: readFileSync(nativePart('loader.bin')),
    shown: shownPlaces(to),
    gap: settings.gap,
  });
  const written = result.programs.map((laidOut, index): StoredProgram => {
    const [program, blueprint] = [bound[index], blueprints[index]];
    if (!program || !blueprint) throw new Error('a program without a blueprint');
    if ('failure' in laidOut) throw laidOut.failure;
    const { name, invocation, asInterpreter, record } = program;
    if (from !== to) copyFileSync(path.join(from, names.files, record), path.join(files, record));
    return writeProgram(files, { wish: { name, invocation, asInterpreter }, record, blueprint }, laidOut);
  });
  const others = programs.filter((program) => !isBound(program));
  return {
    ...catalogue,
    space: { ...space, base },
    loader: loaderDigest(),
    holdings,
    modules,
    programs: [...written, ...others].sort((a, b) => (a.name < b.name ? -1 : 1)),
    stock: result.added,
  };
}
