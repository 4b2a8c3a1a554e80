/** How full the tables of a program's dispatchers are, as figures and in words. */
import type { EntryUse } from '../../image/entry-use.ts';
import { entriesOf } from '../../models/dispatcher-tables.ts';
import type { Chosen } from './choose-entries.ts';

export interface Use {
  readonly chosen: readonly Chosen[];
  /** For each dispatcher, the tables that its modules have chosen. */
  readonly tables: readonly ReadonlySet<number>[];
  /** Entries that have a function. */
  readonly used: number;
  readonly toldApart: number;
}

export function entryUse({ chosen, tables, used, toldApart }: Use): EntryUse {
  const names = chosen.flatMap(({ entries }) => [...entries.keys()]);
  const sum = (of: (one: Chosen) => number): number => chosen.reduce((all, each) => all + of(each), 0);
  return {
    imports: names.length,
    functions: new Set(names).size,
    used,
    room: tables.flatMap((each) => [...each]).reduce((all, table) => all + entriesOf(table), 0),
    againInModule: sum(({ again }) => again.inModule),
    againForDependencies: sum(({ again }) => again.forDependencies),
    toldApart,
  };
}

/** One line. */
export function describeUse(
  { used, room, againInModule, againForDependencies, toldApart }: EntryUse,
  dispatchers: number,
): string {
  const part = (of: number, all: number): string => `${((100 * of) / Math.max(all, 1)).toFixed(1)} %`;
  const which = dispatchers === 1 ? 'dispatcher' : `${String(dispatchers)} dispatchers`;
  return (
    `${which}: ${String(used)} of ${String(room)} entries used (${part(used, room)}); names hashed again: ` +
    `${String(againInModule)} times within a module, ${String(againForDependencies)} times for known dependencies; ` +
    `${String(toldApart)} entries (${part(toldApart, used)}) told apart by the return address`
  );
}
