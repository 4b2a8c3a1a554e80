/**
 * In which order modules stand, and which of them share a file. Modules that the same programs use are neighbours, so that a
 * program maps them by one call; what most programs use comes first.
 */
import { at, present } from '../util/present.ts';

export interface ModuleUse {
  readonly path: string;
  /** Programs that use it, ascending. */
  readonly users: readonly number[];
}

export interface Partition {
  /** `base`, or the name of the program that leads it. */
  readonly name: string;
  readonly modules: readonly string[];
}

/** Modules of more than this part of the programs are the base. */
const baseShare = 1 / 2;

/**
 * `programs`: name and module paths of each. The base partition has what many programs use; every other module stands with
 * those of the largest program that uses it: one partition for what only this program uses, one for what others use, too.
 */
export function partitionModules(programs: readonly ProgramModules[]): Partition[] {
  const groups = new Map<string, Group>();
  for (const use of collectUses(programs)) {
    const group = groupOf(use, programs);
    const members = groups.get(group.key)?.members ?? [];
    groups.set(group.key, { ...group, members: [...members, use] });
  }
  return [...groups.values()]
    .sort((a, b) => Number(b.key === baseKey) - Number(a.key === baseKey) || compare(a.name, b.name))
    .map(({ name, members }) => ({ name, modules: sortByUsers(members).map(({ path }) => path) }));
}

interface ProgramModules {
  readonly name: string;
  readonly modules: readonly string[];
}

/** Programs may have the same name: the key tells partitions apart. */
interface Group {
  readonly key: string;
  readonly name: string;
  readonly members: readonly ModuleUse[];
}

const baseKey = 'base';

function collectUses(programs: readonly { readonly modules: readonly string[] }[]): ModuleUse[] {
  const users = new Map<string, number[]>();
  programs.forEach(({ modules }, index) => {
    for (const path of new Set(modules)) users.set(path, [...(users.get(path) ?? []), index]);
  });
  return [...users].map(([path, list]) => ({ path, users: list }));
}

function groupOf({ users }: ModuleUse, programs: readonly ProgramModules[]): Group {
  if (users.length > 1 && users.length > programs.length * baseShare)
    return { key: baseKey, name: 'base', members: [] };
  const size = (index: number): number => at(programs, index, 'program').modules.length;
  const leader = at(
    [...users].sort((a, b) => size(b) - size(a) || a - b),
    0,
    'user',
  );
  const { name } = at(programs, leader, 'program');
  return users.length === 1
    ? { key: String(leader), name, members: [] }
    : { key: `${String(leader)}+`, name: `${name}+`, members: [] };
}

/** Most used first; those with the same users together; otherwise as they came. */
function sortByUsers(members: readonly ModuleUse[]): ModuleUse[] {
  const key = ({ users }: ModuleUse): string => users.join(' ');
  const order = [...new Set(members.map(key))];
  const rank = new Map(order.map((users, index) => [users, index]));
  const rankOf = (member: ModuleUse): number => present(rank.get(key(member)), 'rank');
  return [...members].sort((a, b) => b.users.length - a.users.length || rankOf(a) - rankOf(b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
