/** Which synthetic sets the growth lab needs, each once, the small ones first. */
import type { Subject } from '../../bind/subject.ts';
import { buildSet } from '../../synthetic/build-set.ts';
import type { SetDescription } from '../../synthetic/description.ts';
import { defaultDescription } from '../../synthetic/description.ts';
import type { ScaleAxis, ScaleSettings } from '../scale-measurement.ts';
import type { Specimen } from './trial.ts';

/** Opens a program, whose captures are not made yet. */
export type Opener = (file: string) => Subject;

/**
 * The set of one size of an axis. Slots are bound lazily, as most distributions link their libraries; there are as many functions as
 * imports in each module, so that the imports are different ones.
 */
export function describeSpecimen(
  axis: ScaleAxis,
  size: number,
  fixed: ScaleSettings['fixed'],
): SetDescription {
  const sizes: ScaleSettings['fixed'] = { ...fixed, [axis]: size };
  const { modules, imports } = sizes;
  return { ...defaultDescription, lazy: true, modules, imports, functions: imports };
}

/** Of all axes; two are the same where one description is. */
export function listDescriptions({ sizes, fixed }: Pick<ScaleSettings, 'sizes' | 'fixed'>): SetDescription[] {
  const axes = Object.entries(sizes) as [ScaleAxis, readonly number[]][];
  const all = axes.flatMap(([axis, of]) => of.map((size) => describeSpecimen(axis, size, fixed)));
  const distinct = new Map(all.map((description) => [keyOf(description), description]));
  const work = ({ modules, imports }: SetDescription): number => modules * imports;
  return [...distinct.values()].sort((a, b) => work(a) - work(b));
}

/** Whether it is the set of that size of an axis. */
export function isSpecimenOf(
  { description }: Specimen,
  axis: ScaleAxis,
  size: number,
  fixed: ScaleSettings['fixed'],
): boolean {
  return keyOf(description) === keyOf(describeSpecimen(axis, size, fixed));
}

function keyOf({ modules, imports }: SetDescription): string {
  return `${modules} ${imports}`;
}

/** Compiles it, or finds it compiled. Throws LinkonceError where there is no working C compiler. */
export async function prepareSpecimen(description: SetDescription, open: Opener): Promise<Specimen> {
  const set = await buildSet(description);
  return { description, set, open: () => open(set.executable) };
}
