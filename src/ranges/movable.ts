/** Which programs can run where their modules move. */
import { slideUnit } from '../image/plan-layout.ts';
import type { Moves } from '../image/regions.ts';
import type { Blueprint } from '../provenance/explained.ts';
import { findUnwindTable } from '../provenance/unwind-table.ts';
import { Refusal } from '../util/errors.ts';
import type { Arrangement } from './arrangement.ts';

/** When modules are elsewhere than in the files. */
export function movesOf({ onCollision, slides }: Arrangement): Moves {
  if (slides) return 'always';
  return onCollision === 'move' ? 'on-collision' : 'never';
}

/** Throws Refusal where modules shall be able to move and cannot. */
export function requireMovable(blueprint: Blueprint, arrangement: Arrangement): void {
  const moves = movesOf(arrangement);
  if (moves === 'never') return;
  findUnwindTable(blueprint);
  // What is opened later does not move: such a system leaves it to ld.so.
  for (const { region } of blueprint.regions.filter((each) => each.region.kind !== 'opened')) {
    const name = `${blueprint.facts.invocation}: ${region.module?.path ?? 'memory of its linker'}`;
    if (region.end - region.start >= 2 ** 32) throw new Refusal(`${name} cannot move: it has 4 GiB and more`);
    if (moves === 'always' && region.alignment > slideUnit)
      throw new Refusal(`${name} wants a larger alignment than the distances that processes draw`);
  }
}
