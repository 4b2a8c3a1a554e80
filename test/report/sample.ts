/** A made-up measurement with every kind of result, for the tests of the reports. Its figures are no results. */
import { totalMemory, spreadOf } from '../../src/measure/combine-memory.ts';
import type { AddressSpace, SpaceRange } from '../../src/measure/address-space.ts';
import { encodeSpace } from '../../src/measure/address-space.ts';
import type {
  GrowthPoint,
  MeasuredProgram,
  MeasuredResult,
  MeasuredWorkload,
  Measurement,
  ProcessMemory,
  Result,
  UnmeasuredResult,
  WorkloadResult,
} from '../../src/measure/measurement.ts';
import { createRandom } from '../../src/util/random.ts';
import { estimateMedian, estimateRatio } from '../../src/measure/statistics.ts';

/** system, variant, start-up ms, private kB, shared kB, maps, faults, disk kB, bind ms */
type Row = readonly [string, string, number, number, number, number, number, number, number];

const rows: readonly Row[] = [
  ['got-plt', 'lazy', 63.1, 11_057, 24_112, 1169, 9120, 0, 0],
  ['got-plt', 'now', 71.4, 11_402, 25_010, 1169, 9544, 0, 0],
  ['prelink', 'files', 14.2, 3105, 27_800, 1102, 2800, 9120, 1904],
  ['rebase-startup', 'slide', 21.8, 6230, 26_002, 1102, 4310, 9120, 1911],
  ['rebase-page-in', 'data', 15.6, 2890, 28_512, 1102, 2911, 4210, 2480],
  ['install', 'files', 13.9, 3080, 27_944, 1102, 2790, 188_416, 3307],
  ['dispatcher', 'jump', 16.3, 2912, 27_120, 640, 2511, 10_204, 2210],
  ['image', 'direct', 8.9, 2885, 31_204, 12, 1620, 201_728, 2050],
  ['image', 'partitions', 9.4, 2901, 31_110, 31, 1688, 203_776, 2114],
  ['offset-table', 'window', 11.7, 2460, 29_804, 460, 1904, 9804, 2402],
  ['hash-address', 'global', 12.9, 3011, 28_102, 690, 2290, 9904, 2190],
  ['import-page', 'cache', 12.1, 2702, 29_420, 902, 2080, 11_020, 2333],
];

const unmeasured: readonly UnmeasuredResult[] = [
  {
    system: 'fixed',
    variant: 'files',
    status: 'refused',
    reason:
      'the range of libavcodec.so.59 (0x2000ac000000, 13 MiB) is taken by <libfoo & sons>.so; a fixed address cannot be moved',
  },
  {
    system: 'hash-dispatcher',
    variant: 'movable',
    status: 'failed',
    reason: 'ends with SIGSEGV, the program with status 0',
  },
];

const draw = createRandom(20);

function seriesAround(ms: number): number[] {
  const uniform = (): number => draw(1_000_000) / 1_000_000;
  return Array.from({ length: 40 }, () => {
    const spread = (uniform() + uniform() + uniform() - 1.5) * 0.06;
    const disturbed = uniform() > 0.95 ? 1 + uniform() * 0.4 : 1;
    return ms * (1 + spread) * disturbed;
  });
}

const base = seriesAround(rows[0]![2]);

function measured(row: Row, index: number): MeasuredResult {
  const [system, variant, ms, privateKb, sharedKb, mappings, minorFaults, diskKb, bindMs] = row;
  const samplesMs = index === 0 ? base : seriesAround(ms);
  const memory = {
    privateKb,
    sharedKb,
    pssKb: privateKb + Math.round(sharedKb / 5),
    pageTablesKb: 40 + Math.round(mappings / 3),
    mappings,
  };
  return {
    system,
    variant,
    status: 'measured',
    startupMs: estimateMedian(samplesMs),
    startupRatio: estimateRatio(base, samplesMs),
    ...memory,
    spread: spreadOf([memory, { ...memory, privateKb: privateKb + 8 }]),
    growth: [1, 4, 16, 64].map((processes) => growthPoint(memory, processes)),
    ...(privateKb % 2 === 1 && { space: spaceOf(privateKb, mappings) }),
    minorFaults: { median: minorFaults, low: minorFaults - 2, high: minorFaults + 5 },
    diskKb,
    bindMs,
    samplesMs,
  };
}

function growthPoint(memory: ProcessMemory, processes: number): GrowthPoint {
  const total = totalMemory(Array.from({ length: processes }, () => memory));
  return { ...total, processes, pssKb: memory.sharedKb + processes * memory.privateKb };
}

/** An executable, as many mappings of libraries as are left, a heap and a stack. */
function spaceOf(privateKb: number, mappings: number): AddressSpace {
  const dirty = Math.ceil(privateKb / 4);
  const executable: readonly SpaceRange[] = [
    {
      start: 0x5555_5555_4000,
      protection: 'r-xp',
      area: 'module',
      name: '/usr/bin/ffmpeg',
      runs: [
        { pages: 10, state: 'shared' },
        { pages: 5, state: 'absent' },
      ],
    },
    {
      start: 0x5555_5556_3000,
      protection: 'rw-p',
      area: 'module',
      name: '/usr/bin/ffmpeg',
      runs: [
        { pages: 2, state: 'linker' },
        { pages: 1, state: 'program' },
      ],
    },
    {
      start: 0x5555_5560_0000,
      protection: 'rw-p',
      area: 'heap',
      name: '[heap]',
      runs: [
        { pages: 20, state: 'program' },
        { pages: 13, state: 'absent' },
      ],
    },
  ];
  const libraries = Array.from({ length: Math.max(0, mappings - 4) }, (_, index): SpaceRange => {
    const module = `/usr/lib/x86_64-linux-gnu/lib${String(index >> 2)}.so.${String(index % 7)}`;
    const isData = index % 4 === 3;
    const own = Math.max(1, Math.round((4 * dirty) / mappings));
    return {
      start: 0x7fff_c000_0000 + index * 0x10_0000,
      protection: isData ? 'rw-p' : 'r-xp',
      area: mappings < 100 ? 'image' : 'module',
      name: mappings < 100 ? '/tmp/ffmpeg-linkonce.image' : module,
      ...(mappings < 100 && { module }),
      runs: isData
        ? [
            { pages: own, state: 'linker' },
            { pages: 2, state: 'shared' },
          ]
        : [
            { pages: 31, state: 'shared' },
            { pages: 60, state: 'absent' },
          ],
    };
  });
  const stack: SpaceRange = {
    start: 0x7fff_ffff_0000,
    protection: 'rw-p',
    area: 'stack',
    name: '[stack]',
    runs: [
      { pages: 30, state: 'absent' },
      { pages: 3, state: 'program' },
    ],
  };
  return encodeSpace([...executable, ...libraries, stack]);
}

const ffmpeg: MeasuredProgram = {
  path: '/usr/bin/ffmpeg',
  arguments: ['-hide_banner', '-version', '</script><b>&amp;'],
  modules: 215,
  processes: 4,
  timed: true,
  results: [...rows.map(measured), ...unmeasured],
};

/** What the processes of some programs take where each takes what `results` say of one. */
function together(result: Result, index: number, programs: readonly MeasuredProgram[]): WorkloadResult {
  const own = programs.map(({ results }) => results[index]!);
  if (result.status !== 'measured') return result;
  const processes = own.flatMap((each, program) => {
    if (each.status !== 'measured') return [];
    const { privateKb, sharedKb, pssKb, pageTablesKb, mappings } = each;
    const frames = { oneProcessKb: privateKb, oneProgramKb: sharedKb - 1000, severalProgramsKb: 1000 };
    const one = { program, privateKb, sharedKb, pssKb, pageTablesKb, mappings, frames };
    return Array.from({ length: programs[program]!.processes }, () => one);
  });
  const sum = (name: 'privateKb' | 'sharedKb' | 'pssKb' | 'pageTablesKb' | 'mappings'): number =>
    processes.reduce((total, process) => total + process[name], 0);
  return {
    system: result.system,
    variant: result.variant,
    status: 'measured',
    programs: own.flatMap(({ status }, program) => (status === 'measured' ? [program] : [])),
    privateKb: sum('privateKb'),
    sharedKb: sum('sharedKb'),
    pssKb: sum('pssKb'),
    pageTablesKb: sum('pageTablesKb'),
    mappings: sum('mappings'),
    frames: { oneProcessKb: sum('privateKb'), oneProgramKb: 20_000, severalProgramsKb: 1000 },
    processes,
  };
}

function workloadOf(programs: readonly MeasuredProgram[]): readonly WorkloadResult[] {
  return programs[0]!.results.map((result, index) => together(result, index, programs));
}

export const sample: Measurement = {
  format: 'linkonce-measurement',
  version: 3,
  date: '2026-11-23T13:00:00.000Z',
  machine: {
    kernel: 'Linux 6.18.44',
    cpu: 'A Processor at 2.6 GHz',
    cores: 2,
    memoryKb: 24_683_656,
    libc: 'glibc 2.36',
    node: 'v20.20.2',
  },
  settings: { mode: 'custom', runs: 40, moment: 'exit', counts: [1, 4, 16, 64] },
  programs: [ffmpeg],
  workload: workloadOf([ffmpeg]),
  warnings: [
    { kind: 'output-differs', message: 'hash-address global: stderr not the program’s', program: 0 },
    {
      kind: 'noisy',
      message: 'rebase-startup slide: interval wider than 10 % of the median; was the machine busy?',
      program: 0,
    },
  ],
};

function untimed(result: Result): Result {
  if (result.status !== 'measured') return result;
  const { startupMs: _ms, startupRatio: _ratio, minorFaults: _faults, ...rest } = result;
  return { ...rest, samplesMs: [] };
}

/** The same program, not timed. */
export const untimedSample: Measurement = {
  ...sample,
  settings: { ...sample.settings, moment: 5 },
  programs: [{ ...ffmpeg, timed: false, results: ffmpeg.results.map(untimed) }],
};

/** `image partitions` refuses it. */
const git: MeasuredProgram = {
  path: '/usr/bin/git',
  arguments: ['status', '--short'],
  modules: 5,
  processes: 2,
  timed: true,
  results: ffmpeg.results.map((result) => {
    if (result.status !== 'measured') return result;
    const { system, variant } = result;
    if (variant === 'partitions') return { system, variant, status: 'refused', reason: 'git is not for it' };
    return { ...result, privateKb: result.privateKb / 10, mappings: 30 };
  }),
};
const gitLog: MeasuredProgram = { ...git, arguments: ['log'], processes: 1 };

/** Three programs, two of them of one executable; one system serves only the first. */
export const severalSample: Measurement = {
  ...sample,
  programs: [ffmpeg, git, gitLog],
  workload: workloadOf([ffmpeg, git, gitLog]),
  warnings: [
    ...sample.warnings,
    { kind: 'noisy', message: 'image direct: many runs far off', program: 2 },
    { kind: 'few-runs', message: '3 runs of each: the intervals mean little below 10' },
  ],
};

/** The same where the kernel hides page frame numbers. */
export const hiddenSample: Measurement = {
  ...severalSample,
  workload: severalSample.workload.map((result): WorkloadResult => {
    if (result.status !== 'measured') return result;
    const { frames: _frames, ...rest }: MeasuredWorkload = result;
    return { ...rest, processes: rest.processes.map(({ frames: _own, ...process }) => process) };
  }),
  warnings: [{ kind: 'frames-hidden', message: 'who shares memory with whom is not known' }],
};
