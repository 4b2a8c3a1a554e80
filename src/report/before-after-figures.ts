/** The figures of two measurements side by side, as columns of a table. Nothing here needs Node. */
import type { ChangedResult, ChangeId } from './before-after.ts';
import { changeIds, directionOf, partText, rangeText } from './before-after.ts';
import type { Figure } from './figures.ts';
import { significantDigits } from './format.ts';

const headings: Readonly<Record<ChangeId, readonly [heading: string, unit: 'ms' | '' | 'kB' | 'ns']>> = {
  startupMs: ['start-up', 'ms'],
  startupRatio: ['times as fast as base', ''],
  privateKb: ['private', 'kB'],
  pssKb: ['PSS', 'kB'],
  callNs: ['call', 'ns'],
};

/** Before, after, and by how much, of each figure that can be compared. */
export const changeFigures: readonly Figure<ChangedResult>[] = changeIds.flatMap((id) => [
  valueFigure(id, 'before'),
  valueFigure(id, 'after'),
  {
    id: changeId(id),
    heading: `${headings[id][0]} changed`,
    unit: '',
    meaning:
      'after ÷ before, with its interval: of start-up the bootstrap’s of the samples of both, of others as wide as both intervals allow. Tied: the interval holds no change.',
    isEstimate: false,
    value: ({ changes }) => changes[id]?.ratio.median,
    text: partText,
  } satisfies Figure<ChangedResult>,
]);

function valueFigure(id: ChangeId, when: 'before' | 'after'): Figure<ChangedResult> {
  const [heading, unit] = headings[id];
  return {
    id: `${id}.${when}`,
    heading: `${heading} ${when}`,
    unit,
    meaning: `Of the measurement ${when}, with its interval.`,
    isEstimate: false,
    value: ({ changes }) => changes[id]?.[when].value,
    interval: ({ changes }) => changes[id]?.[when],
    text: significantDigits,
  };
}

function changeId(id: ChangeId): string {
  return `${id}.change`;
}

/** What is said of a change below it; undefined for a figure that is none. */
export function changeDetail(
  figure: Pick<Figure<never>, 'id'>,
  { changes }: ChangedResult,
): string | undefined {
  const id = changeIds.find((one) => changeId(one) === figure.id);
  const change = id && changes[id];
  if (change === undefined) return undefined;
  return directionOf(change) === 'tied' ? `tied · ${rangeText(change)}` : rangeText(change);
}
