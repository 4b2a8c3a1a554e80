/**
 * How long a store takes to bind a program again of which one library was replaced. The library really is replaced, in a copy of
 * the set, as a package manager does it: by another file that is renamed into its place.
 */
import { cpSync, copyFileSync, mkdtempSync, renameSync } from 'node:fs';
import path from 'node:path';
import type { StoreContext } from '../../store/lock.ts';
import { addPrograms, updateStore } from '../../store/store.ts';
import { variantOf } from '../../systems/build-variant.ts';
import type { Replacement } from '../../synthetic/build-replacement.ts';
import { LinkonceError } from '../../util/errors.ts';
import { findWrong } from './bind-trial.ts';
import { sampleTimes } from './sample-times.ts';
import type { BoundTrial } from './trial.ts';

/** A set's copy, which a store has, and its library in both forms, each with what the program prints then. */
interface Stored {
  readonly context: StoreContext;
  readonly executable: string;
  readonly library: string;
  /** In turn. */
  readonly forms: readonly Replacement[];
}

/**
 * ms of each update; none where the system has nothing to keep in a store. Everything stands in a folder of its own below `directory`.
 * Throws LinkonceError where the store cannot have the program, or the program does not print afterwards what it should.
 */
export async function timeUpdates(
  trial: BoundTrial,
  replacement: Replacement,
  directory: string,
  limitMs: number,
): Promise<readonly number[]> {
  const { system, variant } = trial.choice;
  if (variantOf(system, variant).arrangement === undefined) return [];
  const stored = copySet(trial, replacement, directory);
  const { failures } = await addPrograms(
    stored.context,
    { typed: [stored.executable], asInterpreter: false, variables: [] },
    { system: system.id, variant },
  );
  if (failures[0]) throw failures[0].error;
  let turn = 0;
  return sampleTimes(() => updateOnce(stored, turn++, limitMs));
}

function copySet({ specimen: { set } }: BoundTrial, replacement: Replacement, directory: string): Stored {
  const own = mkdtempSync(path.join(directory, 'store-'));
  const context = { store: path.join(own, 'store'), onProgress: () => undefined };
  const programs = path.join(own, 'programs');
  const original = set.libraries.at(-1)!;
  for (const file of [set.executable, ...set.libraries])
    cpSync(file, path.join(programs, path.basename(file)));
  return {
    context,
    executable: path.join(programs, path.basename(set.executable)),
    library: path.join(programs, path.basename(original)),
    forms: [replacement, { file: original, checksum: set.checksum }],
  };
}

async function updateOnce(stored: Stored, turn: number, limitMs: number): Promise<number> {
  const { context, executable, library, forms } = stored;
  const { file, checksum } = forms[turn % forms.length]!;
  copyFileSync(file, `${library}.new`);
  renameSync(`${library}.new`, library);
  const begun = performance.now();
  const { rebuilt, failures } = await updateStore(context);
  const ms = performance.now() - begun;
  if (failures[0]) throw failures[0].error;
  const launcher = path.join(context.store, 'bin', path.basename(executable));
  const wrong = await findWrong({ file: launcher, argv: [executable], environment: {} }, checksum, limitMs);
  if (rebuilt.length !== 1 || wrong !== undefined)
    throw new LinkonceError(`after an update ${wrong?.reason ?? 'nothing was bound again'}`);
  return ms;
}
