/**
 * The figures of a report, one row each: what it is called, how it was measured, where its value and its interval stand. The
 * tables of page, terminal, Markdown and documents, the columns of `--csv` and docs/formats/measurement.md all take them from
 * here. A new figure is a field of measure/measurement.ts, a line of schema.ts, and a row here. Nothing here needs Node.
 */
import type {
  Estimate,
  FrameSharing,
  MeasuredResult,
  MeasuredWorkload,
  Measurement,
  ProcessMemory,
  Spread,
  UnmeasuredResult,
} from '../measure/measurement.ts';
import { workloadRange } from './conclusion.ts';
import type { MemoryUnit } from './format.ts';
import { inUnit, memoryUnitOf, significantDigits } from './format.ts';
import { callOf } from './overall.ts';
import type { Best } from './tied.ts';
import { bestOf } from './tied.ts';

/** A figure of results of type `R`. */
export interface Figure<R> {
  /** Its field in docs/formats/measurement.md, and its column in CSV. */
  readonly id: string;
  readonly heading: string;
  readonly unit: '' | 'ms' | 'ns' | MemoryUnit['name'];
  /** Two lines for a table of a terminal; absent where 80 columns have no room for it. */
  readonly narrow?: readonly [string, string];
  /** What it means and how it was measured. */
  readonly meaning: string;
  /** When a measured result lacks it, to follow `absent`. */
  readonly absent?: string;
  /** Undefined where it was not measured. */
  readonly value: (result: R) => number | undefined;
  /** Absent for what was looked up once. */
  readonly interval?: (result: R) => Spread | undefined;
  /** Whether its field is an Estimate: of samples, one a run. */
  readonly isEstimate: boolean;
  /** The less the better, and no two are ranked whose intervals overlap: tables mark the best, and all that cannot be told from it. */
  readonly isRanked?: boolean;
  readonly text: (value: number) => string;
}

type Words = Pick<Figure<never>, 'id' | 'heading' | 'unit' | 'narrow' | 'meaning' | 'absent' | 'isRanked'>;

const whole = (value: number): string => Math.round(value).toLocaleString('en');

function estimated<R>(
  words: Words,
  of: (result: R) => Estimate | undefined,
  text = significantDigits,
): Figure<R> {
  return { ...words, value: (result) => of(result)?.median, interval: of, isEstimate: true, text };
}

function counted<R>(words: Words, value: Figure<R>['value']): Figure<R> {
  return { ...words, value, isEstimate: false, text: whole };
}

/** Of one process, or of all together. */
const memoryWords: readonly (Words & { readonly id: keyof ProcessMemory })[] = [
  {
    id: 'privateKb',
    heading: 'private',
    unit: 'kB',
    narrow: ['private', 'kB'],
    meaning: 'Private_Dirty of /proc/PID/smaps_rollup: memory that a process holds for itself.',
    isRanked: true,
  },
  {
    id: 'sharedKb',
    heading: 'shared',
    unit: 'kB',
    narrow: ['shared', 'kB'],
    meaning:
      'Shared_Clean + Shared_Dirty + Private_Clean: pages of files, which others share or could share.',
  },
  {
    id: 'pssKb',
    heading: 'PSS',
    unit: 'kB',
    narrow: ['PSS', 'kB'],
    meaning:
      'Pss: each page divided by the number of processes that map it, those of other programs included.',
    isRanked: true,
  },
  { id: 'pageTablesKb', heading: 'page tables', unit: 'kB', meaning: 'VmPTE of /proc/PID/status.' },
  {
    id: 'mappings',
    heading: 'mappings',
    unit: '',
    narrow: ['', 'maps'],
    meaning: 'Lines of /proc/PID/maps.',
  },
];

export const memoryIds = memoryWords.map(({ id }) => id);

/** What every measurement looks at. */
export const startAndMemory: readonly Figure<MeasuredResult>[] = [
  estimated(
    {
      id: 'startupMs',
      heading: 'start-up',
      unit: 'ms',
      narrow: ['start-up', 'ms'],
      meaning:
        'From before vfork(2) until the process is a zombie, taken in C by CLOCK_MONOTONIC, standard streams on /dev/null. All programs under all systems take turns in every round. The median of all runs, with its 95 % interval (bootstrap).',
      absent: 'when not timed',
      isRanked: true,
    },
    ({ startupMs }) => startupMs,
  ),
  estimated(
    {
      id: 'startupRatio',
      heading: 'times as fast',
      unit: '',
      narrow: ['times', 'as fast'],
      meaning:
        'Start-up of got-plt lazy divided by this one: above 1 is faster. The ratio of the medians, with its 95 % interval.',
      absent: 'when not timed, or without got-plt lazy',
    },
    ({ startupRatio }) => startupRatio,
  ),
  ...memoryWords.map((words): Figure<MeasuredResult> => ({
    ...counted(words, (result: MeasuredResult) => result[words.id]),
    meaning: `${words.meaning} The median of the processes alive at once, with the lowest and the highest of them.`,
    interval: ({ spread }) => spread[words.id],
  })),
  estimated(
    {
      id: 'minorFaults',
      heading: 'faults',
      unit: '',
      narrow: ['', 'faults'],
      meaning: 'ru_minflt of wait4(2): the median of the timed runs, with its 95 % interval.',
      absent: 'when not timed',
    },
    ({ minorFaults }) => minorFaults,
    whole,
  ),
  counted(
    {
      id: 'diskKb',
      heading: 'disk',
      unit: 'kB',
      narrow: ['disk', 'kB'],
      meaning:
        'Allocated blocks of stat(2) of the files that the system wrote for this program: looked up once.',
    },
    ({ diskKb }) => diskKb,
  ),
  counted(
    {
      id: 'bindMs',
      heading: 'bind',
      unit: 'ms',
      narrow: ['bind', 'ms'],
      meaning:
        "Wall time to make those files, the captures included: measured once; 0 for the platform's own linker.",
    },
    ({ bindMs }) => bindMs,
  ),
];

/** Of its private pages in compressed swap: fields of `zram`. */
export const zramFigures: readonly Figure<MeasuredResult>[] = [
  counted(
    {
      id: 'pagedOutKb',
      heading: 'paged out',
      unit: 'kB',
      meaning: 'Private pages of one process that went out, by /proc/PID/pagemap: the mean of its processes.',
    },
    ({ zram }) => zram?.pagedOutKb,
  ),
  counted(
    {
      id: 'compressedKb',
      heading: 'in zram',
      unit: 'kB',
      meaning:
        'What zram compressed these to, by the kernel’s default compressor (mm_stat): the mean of its processes. Of pages of zeros the kernel only notes that they are such.',
    },
    ({ zram }) => zram?.compressedKb,
  ),
  counted(
    {
      id: 'withGapsKb',
      heading: 'with gaps',
      unit: 'kB',
      meaning:
        'What zram takes for them (mm_stat): the mean of its processes. Its storage has room by size; few processes leave most of it empty, so that this is the more for each, the fewer they are.',
    },
    ({ zram }) => zram?.withGapsKb,
  ),
  estimated(
    {
      id: 'readBackMs',
      heading: 'read back',
      unit: 'ms',
      meaning:
        'Time of the processor to read all of them back, five times for each process: the median, with its 95 % interval. The traps of page faults come on top.',
    },
    ({ zram }) => zram?.readBackMs,
  ),
];

/** Of one program under one system: its timed runs, and one of its processes. */
export const programFigures: readonly Figure<MeasuredResult>[] = [...startAndMemory, ...zramFigures];

/** Of the call lab, which asks for no program: a call as most are compiled. */
export function callFigure(measurement: Pick<Measurement, 'calls'>): Figure<MeasuredResult> {
  const words: Words = {
    id: 'callNs',
    heading: 'call',
    unit: 'ns',
    meaning: `A call from one module to another through a PLT slot, in a loop: the median of ${measurement.calls?.settings.rounds ?? 0} processes of the call lab, with its 95 % interval. It is not of this program.`,
    isRanked: true,
  };
  return estimated(words, (result) => callOf(measurement, result));
}

/** Page frames by who of the processes maps them. */
export const frameFigures: readonly Figure<MeasuredWorkload>[] = [
  frames('oneProcessKb', 'in one process', ['in one', 'process'], 'Mapped by one process.'),
  frames(
    'oneProgramKb',
    'in one program',
    ['in one', 'program'],
    'Mapped by several processes, all of one program.',
  ),
  frames(
    'severalProgramsKb',
    'in several programs',
    ['in several', 'programs'],
    'Mapped by processes of several programs.',
  ),
];

function frames(
  id: keyof FrameSharing,
  heading: string,
  narrow: readonly [string, string],
  meaning: string,
): Figure<MeasuredWorkload> {
  return counted({ id, heading, unit: 'kB', narrow, meaning }, (result) => result.frames?.[id]);
}

const rss: Figure<MeasuredWorkload> = counted(
  {
    id: 'rssKb',
    heading: 'RSS',
    unit: 'kB',
    narrow: ['RSS', 'kB'],
    meaning: 'Private and shared: what it would be if no process shared anything with another.',
  },
  ({ privateKb, sharedKb }) => privateKb + sharedKb,
);

const sums = memoryWords.map((words): Figure<MeasuredWorkload> => {
  const { id } = words;
  const meaning = `${words.meaning} The sum over all processes`;
  const sum = counted({ ...words, meaning: `${meaning}.` }, (result: MeasuredWorkload) => result[id]);
  if (id !== 'privateKb' && id !== 'pssKb') return sum;
  return {
    ...sum,
    meaning: `${meaning}; with it what it would be, had all of a program what the lowest and the highest of them has.`,
    interval: (result) => workloadRange(result, id),
  };
});

/** Of all processes of all programs together. RSS stands for what is shared. */
export const workloadFigures: readonly Figure<MeasuredWorkload>[] = [
  ...sums.filter(({ id }) => id === 'privateKb' || id === 'pssKb'),
  rss,
  ...frameFigures,
  ...sums.filter(({ id }) => id === 'pageTablesKb' || id === 'mappings'),
];

type Row<R> = (R & { readonly status: 'measured' }) | UnmeasuredResult;

/** Without those that no result has; all of them where nothing was measured at all. */
export function shownFigures<R>(
  figures: readonly Figure<R>[],
  results: readonly Row<R>[],
): readonly Figure<R>[] {
  const measured = results.filter((result) => result.status === 'measured');
  if (measured.length === 0) return figures;
  return figures.filter(({ value }) => measured.some((result) => value(result) !== undefined));
}

/** Memory in the unit that all of a column have room in; any other figure as it is. */
export function inOneUnit<R>(figure: Figure<R>, results: readonly R[]): Figure<R> {
  if (figure.unit !== 'kB') return figure;
  const unit = memoryUnitOf(results.flatMap((result) => figure.value(result) ?? []));
  return { ...figure, unit: unit.name, text: (kb) => inUnit(kb, unit) };
}

/** `start-up, ms`: the heading of a column. */
export function headOf({ heading, unit }: Pick<Figure<never>, 'heading' | 'unit'>): string {
  return unit === '' ? heading : `${heading}, ${unit}`;
}

/** `8.9–9.1`; undefined where there is none, or both ends read the same. */
export function intervalText<R>(figure: Figure<R>, result: R): string | undefined {
  const interval = figure.interval?.(result);
  if (interval === undefined) return undefined;
  const [low, high] = [figure.text(interval.low), figure.text(interval.high)];
  return low === high ? undefined : `${low}–${high}`;
}

/** The best by a figure that ranks; undefined for one that does not. */
export function bestBy<R>(figure: Figure<R>, results: readonly R[]): Best<R> | undefined {
  const { isRanked = false, value, interval } = figure;
  if (!isRanked) return undefined;
  return bestOf(results, (result) => {
    const found = value(result);
    return found === undefined
      ? undefined
      : { value: found, ...(interval?.(result) ?? { low: found, high: found }) };
  });
}
