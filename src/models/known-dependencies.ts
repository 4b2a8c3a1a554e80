/**
 * How a hashed dispatcher fills up where modules know the modules that they need: each avoids the entries of these, and takes a
 * table with room for their names beside its own, as `hash-dispatcher` does. Then only modules of which neither needs the other
 * still meet: in a chain none, in a tree those of different branches.
 */
import { entriesOf, isRoomy, tableCount } from './dispatcher-tables.ts';
import type { TreeDescription } from './dependency-tree.ts';

/** Expected part of all imports whose entry an unrelated module uses for another function. All functions are different. */
export function sharedByUnrelated(tree: TreeDescription, depth: number): number {
  const { fanOut, height } = branching(tree, depth);
  const levels = levelsOf(tree.importsOfModule, fanOut, height);
  const counts = levels.map((_, level) => fanOut ** (height - level));
  const shared = levels.map(({ table }, level) => 1 - freeOf(table, levels.slice(level, height), fanOut));
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, level) => sum + count * (shared[level] ?? 0), 0) / all;
}

/** A chain is a tree of one branch; a star has all its branches at the first step. */
function branching({ shape, fanOut }: TreeDescription, depth: number) {
  if (shape === 'chain') return { fanOut: 1, height: depth };
  return shape === 'star' && depth > 0 ? { fanOut: depth * fanOut, height: 1 } : { fanOut, height: depth };
}

/** A module with all that it needs. */
interface Level {
  /** Which table the module takes. */
  readonly table: number;
  /** Of each table the part that is taken. */
  readonly taken: readonly number[];
}

/** From modules that need nothing upwards. */
function levelsOf(imports: number, fanOut: number, height: number): readonly Level[] {
  const levels: Level[] = [];
  for (let level = 0; level <= height; level++) {
    const below = levels.at(-1)?.taken ?? Array<number>(tableCount).fill(0);
    const needed = below.map((part) => 1 - (1 - part) ** fanOut);
    const roomy = needed.findIndex((part, table) => isRoomy(table, imports + part * entriesOf(table)));
    const table = roomy < 0 ? tableCount - 1 : roomy;
    const taken = needed.map((part, each) => (each === table ? part + imports / entriesOf(each) : part));
    levels.push({ table, taken: taken.map((part) => Math.min(part, 1)) });
  }
  return levels;
}

/** Whether no branch beside a module's own, at any step above it, has an entry of that table. */
function freeOf(table: number, branches: readonly Level[], fanOut: number): number {
  return branches.reduce((free, { taken }) => free * (1 - (taken[table] ?? 0)) ** (fanOut - 1), 1);
}
