/** An image of one program alone: everything in one file, at a base of its own. */
import { readFileSync } from 'node:fs';
import { drawBase } from '../../capture/placement.ts';
import type { Subject } from '../../collection/subject.ts';
import { composeImage, placeMemory } from '../../image/compose-image.ts';
import { ownImage } from '../../image/filing.ts';
import type { Protections } from '../../image/pieces.ts';
import { writeImage } from '../../image/write-image.ts';
import { packedLayout } from '../../provenance/layout.ts';
import { LinkonceError } from '../../util/errors.ts';
import { nativePart } from '../../util/native.ts';
import type { BuildOutcome, BuildRequest } from '../system.ts';

export async function buildSingle(
  subject: Subject,
  output: string,
  { asInterpreter }: BuildRequest,
  protections: Protections,
): Promise<BuildOutcome> {
  try {
    const blueprint = await subject.explained();
    const base = drawBase();
    const placement = {
      layout: packedLayout(blueprint, base),
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
