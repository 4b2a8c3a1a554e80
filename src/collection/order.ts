/**
 * In which order modules stand, and which of them share a file. Modules that the same programs use are neighbours, so that a
 * program maps them by one call; what most programs use comes first.
 */

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
export function partitionModules(
  programs: readonly { readonly name: string; readonly modules: readonly string[] }[],
): Partition[] {
  const uses = collectUses(programs);
  const leaders = programs.map(({ modules }) => modules.length);
  const groups = new Map<string, ModuleUse[]>();
  for (const use of uses) {
    const key = partitionOf(use, programs, leaders);
    groups.set(key, [...(groups.get(key) ?? []), use]);
  }
  return [...groups]
    .map(([name, members]) => ({ name, modules: sortByUsers(members).map(({ path }) => path) }))
    .sort((a, b) => Number(b.name === baseName) - Number(a.name === baseName) || compare(a.name, b.name));
}

const baseName = 'base';

function collectUses(programs: readonly { readonly modules: readonly string[] }[]): ModuleUse[] {
  const users = new Map<string, number[]>();
  programs.forEach(({ modules }, index) => {
    for (const path of new Set(modules)) users.set(path, [...(users.get(path) ?? []), index]);
  });
  return [...users].map(([path, list]) => ({ path, users: list }));
}

function partitionOf(
  { users }: ModuleUse,
  programs: readonly { readonly name: string }[],
  sizes: readonly number[],
): string {
  if (programs.length > 1 && users.length > 1 && users.length > programs.length * baseShare) return baseName;
  const leader = [...users].sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0) || a - b)[0] ?? 0;
  const name = programs[leader]?.name ?? '';
  return users.length === 1 ? name : `${name}+`;
}

/** Most used first; those with the same users together; otherwise as they came. */
function sortByUsers(members: readonly ModuleUse[]): ModuleUse[] {
  const key = ({ users }: ModuleUse): string => users.join(' ');
  const rank = new Map<string, number>();
  for (const member of members) if (!rank.has(key(member))) rank.set(key(member), rank.size);
  return [...members].sort(
    (a, b) => b.users.length - a.users.length || (rank.get(key(a)) ?? 0) - (rank.get(key(b)) ?? 0),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
