/** Composes a program's image over the files that it shares. */
import path from 'node:path';
import { isRelocatedWhenRead } from '../image/backing.ts';
import type { Composed, PlacedMemory } from '../image/compose-image.ts';
import { composeImage } from '../image/compose-image.ts';
import type { Audience } from '../program/audience.ts';
import type { Arrangement } from '../ranges/arrangement.ts';
import { backingOf } from '../ranges/arrangement.ts';
import { present } from '../util/present.ts';
import { toFiling } from './member-filing.ts';
import { writeOwnFile } from './own-file.ts';
import type { SharedMemory } from './share-memory.ts';
import type { NewFile } from './stocking.ts';

/** A program that can be written. */
export interface LaidOut {
  readonly placed: PlacedMemory;
  readonly composed: Composed;
}

export interface ComposingMeans {
  readonly arrangement: Arrangement;
  readonly newFile: NewFile;
  /** Whom files are for at most. */
  readonly readers: Audience;
}

/**
 * With one more file of its own where memory is relocated when it is read, since that of the image is not. Throws LinkonceError where
 * that cannot be written.
 */
export function composeProgram(
  placed: PlacedMemory,
  { filings, places }: SharedMemory,
  { arrangement, newFile, readers }: ComposingMeans,
): LaidOut {
  const filing = present(filings.get(placed), 'filing of a program');
  const kind = backingOf(arrangement);
  if (!isRelocatedWhenRead[kind]) return { placed, composed: composeImage(placed, toFiling(filing, places)) };
  const name = path.basename(placed.blueprint.facts.invocation);
  const own = writeOwnFile(placed, filing, places, { path: newFile(`${name}.own`), kind, readers });
  return { placed, composed: composeImage(placed, toFiling(own.filing, own.places)) };
}
