/** Images of linkonce among a process's mappings, known by the plan at their head. docs/formats/image.md. */
import type { MapsLine } from '../capture/memory-map.ts';
import type { DecodedPlan } from '../image/plan.ts';
import { operations, planMagic } from '../image/plan-layout.ts';
import { readPlan } from '../image/verify-image.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { pathOfMapping, readFilePage } from './files.ts';

export interface MappedImage {
  /** As in maps. */
  readonly name: string;
  /** Under which the file can be opened. */
  readonly path: string;
  readonly plan: DecodedPlan;
  /** Ranges that the loader filled with zero memory in place of the file's. */
  readonly zeros: readonly { readonly start: Address; readonly end: Address }[];
}

/** The images that are mapped where their plan says. */
export function mappedImages(pid: number, lines: readonly MapsLine[]): MappedImage[] {
  return lines
    .filter(({ name, offset, shared }) => name.startsWith('/') && offset === 0 && !shared)
    .flatMap((line) => imageAt(pid, line) ?? []);
}

function imageAt(pid: number, line: MapsLine): MappedImage | undefined {
  const path = pathOfMapping(pid, line);
  if (path === undefined || readFilePage(path, 0)?.readBigUInt64LE(0) !== planMagic) return undefined;
  const plan = planOf(path);
  if (plan === undefined || Number(plan.header.plan_address) !== line.start) return undefined;
  return { name: line.name, path, plan, zeros: zeroRanges(plan) };
}

/** Undefined for an image that is damaged, or of another version: its pages are compared as any file's. */
function planOf(path: string): DecodedPlan | undefined {
  try {
    return readPlan(path);
  } catch (error) {
    if (error instanceof LinkonceError) return undefined;
    throw error;
  }
}

function zeroRanges(plan: DecodedPlan): { start: Address; end: Address }[] {
  return plan
    .rows('steps')
    .filter(
      ({ operation }) =>
        Number(operation) === operations.mapZero || Number(operation) === operations.mapZeroOver,
    )
    .map(({ address, length }) => ({ start: Number(address), end: Number(address) + Number(length) }));
}
