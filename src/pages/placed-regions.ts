/**
 * Where a process has the regions of an image's plan, and with them its modules. A loader may move regions
 * (docs/formats/image.md), each for itself; it tells nobody, but of a region that may move at least one range is a file's, and
 * /proc/PID/maps shows where that went.
 */
import path from 'node:path';
import type { MapsLine } from '../capture/memory-map.ts';
import type { DecodedPlan, DecodedRow } from '../image/plan.ts';
import { operations } from '../image/plan-layout.ts';
import type { Address } from '../util/units.ts';

/** A row of the plan's regions in a process. */
export interface PlacedRegion {
  readonly start: Address;
  readonly end: Address;
  /** How far it is from where the plan has it, bytes. */
  readonly shift: number;
  /** As the plan has it; absent for memory of the linker’s own, and of the loader. */
  readonly module?: string;
}

/** A step of the plan, and the name that maps has for the file of its backing. */
export interface NamedStep {
  readonly step: DecodedRow<'steps'>;
  readonly name: string;
}

/** The steps in their order. `nameOf`: what maps calls a backing. */
export function namedSteps(
  plan: DecodedPlan,
  nameOf: (backing: DecodedRow<'backings'>) => string,
): readonly NamedStep[] {
  const steps = plan.rows('steps');
  let next = 0;
  return plan.rows('backings').flatMap((backing) => {
    const own = steps.slice(next, (next += Number(backing.steps)));
    const name = nameOf(backing);
    return own.map((step) => ({ step, name }));
  });
}

/** Where nothing is seen of it. */
const unmoved = 0;

/** All rows of `regions`. One without a file moves as the executable does. */
export function placeRegions(
  plan: DecodedPlan,
  steps: readonly NamedStep[],
  lines: readonly MapsLine[],
): readonly PlacedRegion[] {
  const rows = plan.rows('regions');
  const shifts = seenShifts(steps, lines);
  const common = shifts.get(Number(plan.header.executable_region)) ?? unmoved;
  return rows.map(({ address, length, path: file, alignment }, row) => {
    const shift = alignment === 0n ? 0 : (shifts.get(row) ?? common);
    const start = Number(address) + shift;
    const module = plan.text(file);
    return { start, end: start + Number(length), shift, ...(module !== '' && { module }) };
  });
}

/** By row: what most of its files' ranges say. A page of a file may be mapped twice, by neighbouring segments. */
function seenShifts(steps: readonly NamedStep[], lines: readonly MapsLine[]): ReadonlyMap<number, number> {
  const byName = groupBy(lines, ({ name }) => name);
  const fromFile = steps.filter(({ step }) => fileOperations.includes(Number(step.operation)));
  const byRow = groupBy(fromFile, ({ step }) => Number(step.region));
  return new Map(
    [...byRow].flatMap(([row, own]) => {
      const shift = mostFrequent(own.flatMap((step) => shiftsOf(step, byName)));
      return shift === undefined ? [] : [[row, shift] as const];
    }),
  );
}

const fileOperations: readonly number[] = [operations.mapFile, operations.mapFileOver];

function shiftsOf({ step, name }: NamedStep, byName: ReadonlyMap<string, readonly MapsLine[]>): number[] {
  const offset = Number(step.offset);
  return (byName.get(name) ?? [])
    .filter((line) => offset >= line.offset && offset < line.offset + (line.end - line.start))
    .map((line) => line.start + offset - line.offset - Number(step.address));
}

function mostFrequent(values: readonly number[]): number | undefined {
  const counts = groupBy(values, (value) => value);
  const [first, ...others] = counts;
  return first && others.reduce((best, next) => (next[1].length > best[1].length ? next : best), first)[0];
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** The folder of the place whose files are mapped: `…/places/0`; undefined where none is. */
export function mappedPlace(placesPath: string, lines: readonly MapsLine[]): string | undefined {
  const inside = lines.find(({ name }) => path.dirname(path.dirname(name)) === placesPath);
  return inside && path.dirname(inside.name);
}
