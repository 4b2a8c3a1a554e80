/** The columns of the tables: a heading, the figure to sort by, and how it is written. */
import type {
  Estimate,
  FrameSharing,
  MeasuredResult,
  MeasuredWorkload,
  Measurement,
  ProcessMemory,
  Spread,
} from '../../measure/measurement.ts';
import { threeDigits } from '../format.ts';
import { callOf } from '../overall.ts';

export interface Column<R> {
  readonly heading: string;
  readonly unit: string;
  /** What it means and how it was measured, for those who ask. */
  readonly meaning: string;
  /** Undefined where it was not measured. */
  readonly value: (result: R) => number | undefined;
  readonly text: (value: number) => string;
  /** A second, smaller line. */
  readonly detail?: (result: R) => string | undefined;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');

/** `8.9–9.1`; nothing where both ends read the same as the figure. */
function interval({ low, high }: Spread, text: (value: number) => string): string | undefined {
  return text(low) === text(high) ? undefined : `${text(low)}–${text(high)}`;
}

/** Of one process of a program; with calls between modules where these were measured. */
export function programColumns(measurement: Measurement): readonly Column<MeasuredResult>[] {
  return [...columns, callColumn(measurement)];
}

const columns: readonly Column<MeasuredResult>[] = [
  estimateColumn({
    heading: 'Start-up',
    unit: 'ms',
    meaning:
      'Time from fork to the end of the process, taken in C: the median of all runs, with its 95 % interval (bootstrap).',
    of: ({ startupMs }) => startupMs,
    text: threeDigits,
  }),
  estimateColumn({
    heading: 'Faster',
    unit: '×',
    meaning:
      'Start-up of got-plt lazy divided by this one, round by round: the median of the ratios, with its 95 % interval. Above 1 is faster.',
    of: ({ startupRatio }) => startupRatio,
    text: threeDigits,
  }),
  memoryColumn(
    'privateKb',
    'Private',
    'kB',
    'Private_Dirty of smaps_rollup: memory that each process holds for itself.',
  ),
  memoryColumn(
    'sharedKb',
    'Shared',
    'kB',
    'Shared_Clean, Shared_Dirty and Private_Clean: pages of files, which other processes share or could share.',
  ),
  memoryColumn(
    'pssKb',
    'PSS',
    'kB',
    'Proportional set size: each page divided by the number of processes that map it.',
  ),
  memoryColumn('pageTablesKb', 'Page tables', 'kB', 'VmPTE: the page tables of one process.'),
  memoryColumn('mappings', 'Mappings', '', 'Lines of /proc/PID/maps.'),
  estimateColumn({
    heading: 'Faults',
    unit: '',
    meaning: 'Minor page faults of a whole run (ru_minflt): the median of all runs, with its 95 % interval.',
    of: ({ minorFaults }) => minorFaults,
    text: whole,
  }),
  {
    heading: 'Disk',
    unit: 'kB',
    meaning:
      'Allocated size of the files that the system wrote for this program: looked up once, no interval.',
    value: ({ diskKb }) => diskKb,
    text: whole,
  },
  {
    heading: 'Bind',
    unit: 'ms',
    meaning: 'Wall time to make those files: measured once, no interval.',
    value: ({ bindMs }) => bindMs,
    text: whole,
  },
];

interface EstimateColumn {
  readonly heading: string;
  readonly unit: string;
  readonly meaning: string;
  readonly of: (result: MeasuredResult) => Estimate | undefined;
  readonly text: (value: number) => string;
}

function estimateColumn({ of, text, ...words }: EstimateColumn): Column<MeasuredResult> {
  return {
    ...words,
    text,
    value: (result) => of(result)?.median,
    detail: (result) => {
      const estimate = of(result);
      return estimate && interval(estimate, text);
    },
  };
}

/** The second line is the lowest and the highest of the processes, where they differ. */
function memoryColumn(
  name: keyof ProcessMemory,
  heading: string,
  unit: string,
  words: string,
): Column<MeasuredResult> {
  return {
    heading,
    unit,
    meaning: `${words} The median of the processes alive at once, with the lowest and the highest of them.`,
    value: (result) => result[name],
    text: whole,
    detail: ({ spread }) => interval(spread[name], whole),
  };
}

function callColumn(measurement: Measurement): Column<MeasuredResult> {
  const rounds = measurement.calls?.settings.rounds ?? 0;
  return estimateColumn({
    heading: 'Call',
    unit: 'ns',
    meaning: `A call from one module to another through a PLT slot, in a loop: the median of ${rounds} processes of the call lab, with its 95 % interval. It is not of this program.`,
    of: (result) => callOf(measurement, result),
    text: threeDigits,
  });
}

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
