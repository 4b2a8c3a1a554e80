/**
 * What calls cost by distance, as tables: of each system with its modules near and far, and of the processor without any system. A
 * file of version 1 has neither. Nothing here needs Node.
 */
import type { Distance } from '../calls/distance.ts';
import type { CallFigures, CallMeasurement, FigureId, MeasuredCalls } from '../measure/call-measurement.ts';
import type { Estimate } from '../measure/measurement.ts';
import { nameOf } from '../measure/measurement.ts';
import { interval, none, threeDigits } from './format.ts';
import type { PlainTable } from './program-models.ts';

/** Undefined where none was measured for both distances. */
export function distanceTable({ results }: CallMeasurement): PlainTable | undefined {
  const rows = results.flatMap((result) =>
    result.status === 'measured' && result.distance && result.other
      ? [distanceRow(result, result.distance)]
      : [],
  );
  if (rows.length === 0) return undefined;
  return { head: ['ns a call', 'usual', 'near', 'far', 'pointer, near', 'pointer, far'], rows };
}

export const distanceWords =
  'The same calls with all that is on their way within 2 GiB (near) and with modules hundreds of GiB apart (far), in a loop, medians with 95 % intervals. usual: as the system arranges modules by itself, as in all other figures.';

function distanceRow(result: MeasuredCalls, usual: Distance): readonly string[] {
  const ns = (id: FigureId, distance: Distance): Estimate | undefined => figuresAt(result, distance)?.[id].ns;
  const median = (distance: Distance): string => {
    const found = ns('pointer', distance);
    return found ? threeDigits(found.median) : none;
  };
  const direct = [interval(ns('direct-plt', 'near')), interval(ns('direct-plt', 'far'))];
  return [nameOf(result), usual, ...direct, median('near'), median('far')];
}

function figuresAt({ figures, distance, other }: MeasuredCalls, wanted: Distance): CallFigures | undefined {
  if (distance === wanted) return figures;
  return other?.status === 'measured' ? other.figures : undefined;
}

/** Why there is no other distance, each reason once. */
export function distanceReasons({ results }: CallMeasurement): readonly string[] {
  const names = new Map<string, string[]>();
  for (const result of results) {
    if (result.status !== 'measured' || !result.distance || !result.other) continue;
    const { other, distance } = result;
    if (other.status === 'measured') continue;
    const words = `only ${distance}: ${other.reason}`;
    names.set(words, [...(names.get(words) ?? []), nameOf(result)]);
  }
  return [...names].map(([words, of]) => `${of.join(', ')} ${words}`);
}

/** Undefined where it was not asked. */
export function jumpTable({
  jumps,
}: {
  readonly jumps?: CallMeasurement['jumps'] | undefined;
}): PlainTable | undefined {
  if (jumps === undefined) return undefined;
  const rows = jumps.map(({ bytes, jumpNs, callNs }) => [binary(bytes), interval(jumpNs), interval(callNs)]);
  return { head: ['distance', 'jump there and back, ns', 'call and return, ns'], rows };
}

export const jumpWords =
  'Jumps and calls through a register by the distance of their target, without any module: medians of processes, each at another base, with 95 % intervals.';

const units = ['MiB', 'GiB', 'TiB'];

/** `16 MiB` */
function binary(bytes: number): string {
  const index = Math.min(Math.floor(Math.log2(bytes) / 10) - 2, units.length - 1);
  return `${threeDigits(bytes / 2 ** (20 + 10 * index))} ${units[index] ?? ''}`;
}
