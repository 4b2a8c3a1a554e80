/** Has programs captured for the addresses that they got, and reads their records. */
import { sameIdentity } from '../program/file-identity.ts';
import type { Program } from '../program/program.ts';
import type { Blueprint } from '../provenance/explained.ts';
import type { Placing } from '../ranges/place-programs.ts';
import { orderOf } from '../ranges/place-programs.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Outcome } from '../util/outcome.ts';
import { forEachValue } from '../util/outcome.ts';
import { at } from '../util/present.ts';
import { captureAll } from './capture-pool.ts';
import { readRecord } from './record.ts';
import type { Loaded, OnProgress } from './session.ts';

/** One outcome for each program; its record goes to the path with the same index. */
export async function capturePrograms(
  loaded: readonly Loaded[],
  records: readonly string[],
  { holdings, failures }: Placing,
  onProgress: OnProgress,
): Promise<Outcome<Blueprint>[]> {
  const ready = loaded.flatMap((_, index) => (failures.has(index) ? [] : [index]));
  // The largest first: else one processor waits at the end. Those with the same modules are then neighbours, too.
  const sizes = loaded.map(({ program }) => sizeOf(program));
  ready.sort((a, b) => at(sizes, b) - at(sizes, a));
  const orders = ready.map((index) => {
    const { wish, program } = at(loaded, index);
    return {
      invocation: wish.invocation,
      variables: wish.variables,
      opened: program.opened.map((module) => module.path),
      modules: orderOf(program, holdings),
      output: at(records, index),
    };
  });
  const tell = (done: number): void => {
    onProgress(`capturing, ${String(done)} of ${String(orders.length)}`);
  };
  tell(0);
  const captured = await captureAll(orders, tell);
  const all = loaded.map((_, index): Outcome<string> => {
    const failure = failures.get(index);
    return failure ? { failure } : at(captured, ready.indexOf(index));
  });
  return forEachValue(all, (record, index) => {
    const blueprint = readRecord(record);
    requireSame(at(loaded, index).program, blueprint);
    return blueprint;
  });
}

/** Bytes of all its modules. */
function sizeOf({ modules }: Program): number {
  return modules.reduce((sum, { elf }) => sum + elf.bytes.length, 0);
}

/** The modules that were captured must be those that were read before, and got their places. */
function requireSame({ invocation, modules, opened }: Program, { facts, opened: captured }: Blueprint): void {
  const isOther = facts.modules.length !== modules.length;
  const other = facts.modules.find(({ path, identity }, index) => {
    const module = modules[index];
    return module?.path !== path || !sameIdentity(module.identity, identity);
  });
  const known = new Map(opened.map((module) => [module.path, module.identity]));
  const otherOpened = captured.find(({ path, identity }) => {
    const before = known.get(path);
    return before === undefined || !sameIdentity(before, identity);
  });
  if (other || isOther || otherOpened)
    throw new LinkonceError(
      `${other?.path ?? otherOpened?.path ?? invocation}: changed while ${invocation} was bound`,
    );
}
