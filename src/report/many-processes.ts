/** The memory of as many processes as somebody has: figures of a table. Nothing here needs Node. */
import { baseLine, isBaseLine, nameOf } from '../measure/measurement.ts';
import { lessFrom } from '../models/memory-growth.ts';
import type { Figure } from './figures.ts';
import { comparedWith, significantDigits } from './format.ts';
import type { Overall } from './overall.ts';

export type OverallRow = Overall & { readonly status: 'measured' };

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const common = { isEstimate: false, text: whole } as const;

/** `base` is undefined where the base line did not serve every program. */
export function manyProcessesFigures(base: Overall | undefined): readonly Figure<OverallRow>[] {
  const against = nameOf(baseLine);
  return [
    {
      ...common,
      id: 'memoryKb',
      heading: 'all together',
      unit: 'kB',
      meaning:
        'What the processes share once, and what is private as often as there are processes: of each program, in sum. As many as were measured: their PSS.',
      value: ({ memory }) => memory.value,
      interval: ({ memory }) => memory,
      isRanked: true,
    },
    {
      ...common,
      id: 'privateKb',
      heading: 'one more of each',
      unit: 'kB',
      meaning: 'Private memory of a process: the sum over one of each program.',
      value: ({ privateKb }) => privateKb,
    },
    {
      ...common,
      id: 'lessFrom',
      heading: 'less than base from',
      unit: '',
      meaning: `From how many processes of each program on it takes less than ${against}, by the same model; never where it does not do so for good.`,
      value: (row) => base && (lessFrom(row, base) ?? Infinity),
      text: (count) => (count === Infinity ? 'never' : whole(count)),
    },
    {
      ...common,
      id: 'speed',
      heading: 'times as fast',
      unit: '',
      meaning: `Start-up of ${against} divided by this one's: the geometric mean over the programs.`,
      value: ({ speed }) => speed,
      text: significantDigits,
    },
  ];
}

/** `74 % less`: what all processes take against the base line's. */
export function againstBase(row: OverallRow, base: Overall | undefined): string | undefined {
  return base === undefined || isBaseLine(row)
    ? undefined
    : comparedWith(row.memory.value, base.memory.value);
}
