/** Has programs in the store as they are wished, and commits that. */
import type { Catalogue, StoredProgram } from './catalogue.ts';
import { keyOf } from './catalogue.ts';
import { commit } from './commit.ts';
import type { Rebuilt, WishFailure } from './rebuild.ts';
import { rebuild } from './rebuild.ts';
import type { OnProgress, Wish } from './session.ts';
import { updatePrograms } from './update.ts';

export interface BoundWishes {
  readonly added: readonly StoredProgram[];
  readonly failures: readonly WishFailure[];
}

/** `catalogue`: what the store has. The caller holds the lock. */
export async function bindWishes(
  store: string,
  catalogue: Catalogue,
  wishes: readonly Wish[],
  onProgress: OnProgress,
): Promise<BoundWishes> {
  const base = await freshen(store, catalogue, wishes, onProgress);
  const nothing: Rebuilt = { catalogue: base, failures: [] };
  const { catalogue: next, failures } =
    wishes.length === 0 ? nothing : await rebuild(store, base, wishes, onProgress);
  commit(store, next);
  const failed = new Set(failures.map(({ wish }) => keyOf(wish)));
  const asked = new Set(wishes.map(keyOf).filter((key) => !failed.has(key)));
  return { added: next.programs.filter((each) => asked.has(keyOf(each))), failures };
}

/** New programs stand beside programs that are up to date; those that they replace are as they were. */
async function freshen(
  store: string,
  catalogue: Catalogue,
  wishes: readonly Wish[],
  onProgress: OnProgress,
): Promise<Catalogue> {
  const replaced = new Set(wishes.map(keyOf));
  const isReplaced = (program: StoredProgram): boolean => replaced.has(keyOf(program));
  const others = { ...catalogue, programs: catalogue.programs.filter((each) => !isReplaced(each)) };
  if (others.programs.length === 0) return catalogue;
  const { catalogue: base } = await updatePrograms(store, others, onProgress);
  const old = catalogue.programs.filter(isReplaced);
  return { ...base, programs: [...base.programs, ...old] };
}
