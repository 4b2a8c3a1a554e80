/** Words that are not what the linker computed: each process has them for itself, or they lead to the image's own code. */
import { findObject } from '../../src/image/find-object.ts';
import type { Explained } from '../../src/provenance/explained.ts';
import type { Address } from '../../src/util/units.ts';

export interface OwnWord {
  /** The first capture's. */
  readonly address: Address;
  /** Index of the region that it lies in. */
  readonly region: number;
  /** Bytes. */
  readonly width: number;
}

export function ownWords(explained: Explained): readonly OwnWord[] {
  const asked = findObject(explained);
  const leading = [...explained.vdsoSlots, ...(asked ? [asked] : [])];
  return [
    ...explained.processWords,
    ...leading.map(({ address, region }) => ({ address, region, width: 8 })),
  ];
}
