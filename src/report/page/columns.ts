/** The columns of the tables: a heading, the figure to sort by, and how it is written. */
import type { FrameSharing, MeasuredResult, MeasuredWorkload } from '../../measure/measurement.ts';
import { threeDigits } from '../format.ts';

export interface Column<R> {
  readonly heading: string;
  readonly unit: string;
  /** What it means, for those who ask. */
  readonly meaning: string;
  /** Undefined where it was not measured. */
  readonly value: (result: R) => number | undefined;
  readonly text: (value: number) => string;
  /** A second, smaller line. */
  readonly detail?: (result: R) => string | undefined;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');

/** Of one process of a program. */
export const columns: readonly Column<MeasuredResult>[] = [
  {
    heading: 'Start-up',
    unit: 'ms',
    meaning: 'Median time from fork to the end of the process, with its 95 % interval.',
    value: ({ startupMs }) => startupMs?.median,
    text: threeDigits,
    detail: ({ startupMs }) => startupMs && `${threeDigits(startupMs.low)}–${threeDigits(startupMs.high)}`,
  },
  {
    heading: 'Faster',
    unit: '×',
    meaning: 'Start-up of got-plt lazy divided by this one: above 1 is faster.',
    value: ({ startupRatio }) => startupRatio?.median,
    text: threeDigits,
  },
  {
    heading: 'Private',
    unit: 'kB',
    meaning: 'Private_Dirty: memory that each process holds for itself.',
    value: ({ privateKb }) => privateKb,
    text: whole,
  },
  {
    heading: 'Shared',
    unit: 'kB',
    meaning: 'Pages of files, which other processes share or could share.',
    value: ({ sharedKb }) => sharedKb,
    text: whole,
  },
  {
    heading: 'PSS',
    unit: 'kB',
    meaning: 'Proportional set size: each page divided by the number of processes that map it.',
    value: ({ pssKb }) => pssKb,
    text: whole,
  },
  {
    heading: 'Page tables',
    unit: 'kB',
    meaning: 'VmPTE: the page tables of one process.',
    value: ({ pageTablesKb }) => pageTablesKb,
    text: whole,
  },
  {
    heading: 'Mappings',
    unit: '',
    meaning: 'Lines of /proc/PID/maps.',
    value: ({ mappings }) => mappings,
    text: whole,
  },
  {
    heading: 'Faults',
    unit: '',
    meaning: 'Minor page faults of a whole run.',
    value: ({ minorFaults }) => minorFaults?.median,
    text: whole,
  },
  {
    heading: 'Disk',
    unit: 'kB',
    meaning: 'Allocated size of the files that the system wrote for this program.',
    value: ({ diskKb }) => diskKb,
    text: whole,
  },
  {
    heading: 'Bind',
    unit: 'ms',
    meaning: 'Time to make those files, once.',
    value: ({ bindMs }) => bindMs,
    text: whole,
  },
];

/** Of all processes together. `detail` of private memory and PSS is what `compare` says of a result's figure. */
export function workloadColumns(
  compare: (result: MeasuredWorkload, figure: 'privateKb' | 'pssKb') => string | undefined,
): readonly Column<MeasuredWorkload>[] {
  return [
    {
      heading: 'Private',
      unit: 'kB',
      meaning: 'Private_Dirty of all processes: memory that each of them holds for itself.',
      value: ({ privateKb }) => privateKb,
      text: whole,
      detail: (result) => compare(result, 'privateKb'),
    },
    {
      heading: 'PSS',
      unit: 'kB',
      meaning:
        'Proportional set sizes of all processes: each page divided by the number of processes that map it.',
      value: ({ pssKb }) => pssKb,
      text: whole,
      detail: (result) => compare(result, 'pssKb'),
    },
    {
      heading: 'RSS',
      unit: 'kB',
      meaning: 'What it would be if no process shared anything with another.',
      value: ({ privateKb, sharedKb }) => privateKb + sharedKb,
      text: whole,
    },
    frameColumn('oneProcessKb', 'In one process', 'Page frames that one of the processes maps.'),
    frameColumn('oneProgramKb', 'In one program', 'Page frames that several processes of one program map.'),
    frameColumn('severalProgramsKb', 'In several', 'Page frames that processes of several programs map.'),
    {
      heading: 'Page tables',
      unit: 'kB',
      meaning: 'VmPTE: the page tables of all processes.',
      value: ({ pageTablesKb }) => pageTablesKb,
      text: whole,
    },
    {
      heading: 'Mappings',
      unit: '',
      meaning: 'Lines of /proc/PID/maps of all processes.',
      value: ({ mappings }) => mappings,
      text: whole,
    },
  ];
}

function frameColumn(name: keyof FrameSharing, heading: string, meaning: string): Column<MeasuredWorkload> {
  return { heading, unit: 'kB', meaning, value: ({ frames }) => frames?.[name], text: whole };
}
