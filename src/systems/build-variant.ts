/** Binds programs in a folder under a variant, whatever it is. */
import type { FolderRequest } from '../bind/folder-bind.ts';
import { bindInFolder } from '../bind/folder-bind.ts';
import type { Subject } from '../bind/subject.ts';
import type { Image } from '../image/image.ts';
import type { Arrangement } from '../ranges/arrangement.ts';
import type { Outcome } from '../util/outcome.ts';
import { present } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { arrangementWith } from './arrangement-with.ts';
import type { System, SystemVariant } from './system.ts';

/** What is built, and where. */
export interface BuildRequest extends FolderRequest {
  /** Where a system has its tables, in place of where it likes; only for variants that can move them. Absent or empty: it does as it likes. */
  readonly bases?: readonly Address[] | undefined;
  /** What is different in the arrangement of an arranged variant; absent: nothing. */
  readonly changes?: Partial<Arrangement> | undefined;
}

/**
 * One outcome for each subject, in their order: what the system refuses, or fails at, is one like any other. Throws LinkonceError
 * where the base cannot be.
 */
export async function buildVariant(
  variant: SystemVariant,
  subjects: readonly Subject[],
  { bases, changes, ...request }: BuildRequest,
): Promise<readonly Outcome<Image>[]> {
  if (variant.build) return variant.build(subjects, request);
  return bindInFolder(subjects, { ...arrangementWith(variant, bases), ...changes }, request);
}

/** The variant of that id; a bug where there is none. */
export function variantOf(system: System, id: string): SystemVariant {
  const variant = system.variants.find((each) => each.id === id);
  return present(variant, `variant ${id} of ${system.id}`);
}
