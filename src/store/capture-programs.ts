/** Has programs captured for the addresses that they got, and reads their records. */
import path from 'node:path';
import { requireMovable } from '../ranges/movable.ts';
import type { Placing } from '../ranges/place-programs.ts';
import { freshName, orderOf } from '../ranges/place-programs.ts';
import { sameIdentity } from '../program/file-identity.ts';
import type { Program } from '../program/program.ts';
import type { Blueprint } from '../provenance/explained.ts';
import { LinkonceError } from '../util/errors.ts';
import { captureAll } from './capture-pool.ts';
import { names } from './folder.ts';
import { readRecord } from './record.ts';
import type { Loaded, Session, Wish } from './session.ts';

export interface Captured {
  readonly wish: Wish;
  readonly record: string;
  readonly blueprint: Blueprint;
}

/** Those that cannot be captured or placed become failures of the session. */
export async function capturePrograms(
  session: Session,
  loaded: readonly Loaded[],
  placing: Placing,
): Promise<Captured[]> {
  const { store, failures, onProgress } = session;
  const ready = loaded.filter((_, index) => !placing.failures.has(index));
  const orders = ready.map(({ wish, program }) => ({
    invocation: wish.invocation,
    modules: orderOf(program, placing.holdings),
    output: path.join(store, names.files, `${freshName(wish.name)}.record`),
  }));
  onProgress(`capturing, 0 of ${String(orders.length)}`);
  const errors = await captureAll(orders, (done) => {
    onProgress(`capturing, ${String(done)} of ${String(orders.length)}`);
  });
  return ready.flatMap((one, index) => {
    const output = orders[index]?.output ?? '';
    const error = errors[index];
    const blueprint = error ? undefined : readRecord(output);
    const problem =
      error ?? (blueprint && (changedMeanwhile(one.program, blueprint) ?? reasonToStay(blueprint, session)));
    if (problem) failures.push({ wish: one.wish, error: problem });
    return problem || !blueprint ? [] : [{ ...one, record: path.basename(output), blueprint }];
  });
}

/** The modules that were captured must be those that were read before, and got their places. */
function changedMeanwhile({ invocation, modules }: Program, { facts }: Blueprint): LinkonceError | undefined {
  const other = facts.modules.find(({ path: file, identity }, index) => {
    const module = modules[index];
    return module?.path !== file || !sameIdentity(module.identity, identity);
  });
  return other || facts.modules.length !== modules.length
    ? new LinkonceError(`${other?.path ?? invocation}: changed while ${invocation} was bound`)
    : undefined;
}

/** Why a program cannot be arranged so; undefined where it can. */
function reasonToStay(blueprint: Blueprint, { arrangement }: Session): LinkonceError | undefined {
  try {
    requireMovable(blueprint, arrangement);
    return undefined;
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    return error;
  }
}
