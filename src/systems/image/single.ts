/** An image of one program alone: everything in one file, at a base of its own. */
import { readFileSync } from 'node:fs';
import { drawBase } from '../../capture/placement.ts';
import type { Subject } from '../../bind/subject.ts';
import { composeImage, placeMemory } from '../../image/compose-image.ts';
import { ownImage } from '../../image/filing.ts';
import type { Protections } from '../../image/pieces.ts';
import { writeImage } from '../../image/write-image.ts';
import type { Blueprint } from '../../provenance/explained.ts';
import type { Layout } from '../../provenance/layout.ts';
import { packedLayout } from '../../provenance/layout.ts';
import { LinkonceError, Refusal } from '../../util/errors.ts';
import { nativePart } from '../../util/native.ts';
import type { Address } from '../../util/units.ts';
import { hex } from '../../util/units.ts';
import type { BuildRequest } from '../system.ts';
import type { CollectionOutcome } from '../../bind/bind-programs.ts';

export async function buildSingle(
  subject: Subject,
  output: string,
  { asInterpreter, window }: BuildRequest,
  protections: Protections,
): Promise<CollectionOutcome> {
  try {
    const blueprint = await subject.explained();
    const base = drawBase();
    const layout = packedLayout(blueprint, base);
    if (window !== undefined) requireRoom(blueprint, layout, base, window);
    const placement = {
      layout,
      headEnd: base,
      protections,
      endOnCollision: false,
      moves: 'never' as const,
    };
    const placed = placeMemory(blueprint, placement, readFileSync(nativePart('loader.bin')));
    const request = { output, imagePath: `${output}.image`, asInterpreter };
    return { image: writeImage(placed, composeImage(placed, ownImage), request) };
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    return { failure: error };
  }
}

/** Throws Refusal where the modules do not fit into a window. */
function requireRoom(blueprint: Blueprint, layout: Layout, base: Address, window: number): void {
  const ends = blueprint.regions.map(({ region }, index) =>
    region.kind === 'module' && region.movable ? (layout[index] ?? 0) + region.end - region.start : base,
  );
  const size = Math.max(base, ...ends) - base;
  if (size > 2 ** window)
    throw new Refusal(
      `${blueprint.facts.invocation}: its modules take ${hex(size)} bytes, more than a window of ${String(window)} bits`,
    );
}
