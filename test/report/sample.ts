/** A made-up measurement with every kind of result, for the tests of the reports. Its figures are no results. */
import type { MeasuredResult, Measurement, UnmeasuredResult } from '../../src/measure/measurement.ts';
import { createRandom } from '../../src/measure/random.ts';
import { estimateMedian, estimateRatio } from '../../src/measure/statistics.ts';

/** system, variant, start-up ms, private kB, shared kB, maps, faults, disk kB, bind ms */
type Row = readonly [string, string, number, number, number, number, number, number, number];

const rows: readonly Row[] = [
  ['got-plt', 'lazy', 63.1, 11_057, 24_112, 1169, 9120, 0, 0],
  ['got-plt', 'now', 71.4, 11_402, 25_010, 1169, 9544, 0, 0],
  ['prelink', 'data-files', 14.2, 3105, 27_800, 1102, 2800, 9120, 1904],
  ['rebase-startup', 'private', 21.8, 6230, 26_002, 1102, 4310, 9120, 1911],
  ['rebase-page-in', 'fuse', 15.6, 2890, 28_512, 1102, 2911, 4210, 2480],
  ['install', 'files', 13.9, 3080, 27_944, 1102, 2790, 188_416, 3307],
  ['dispatcher', 'register', 16.3, 2912, 27_120, 640, 2511, 10_204, 2210],
  ['image', 'one-file', 8.9, 2885, 31_204, 12, 1620, 201_728, 2050],
  ['image', 'partitions', 9.4, 2901, 31_110, 31, 1688, 203_776, 2114],
  ['offset-table', 'window', 11.7, 2460, 29_804, 460, 1904, 9804, 2402],
  ['hash-address', 'blocks', 12.9, 3011, 28_102, 690, 2290, 9904, 2190],
  ['import-page', 'cache-file', 12.1, 2702, 29_420, 902, 2080, 11_020, 2333],
];

const unmeasured: readonly UnmeasuredResult[] = [
  {
    system: 'fixed',
    variant: 'plain',
    status: 'refused',
    reason:
      'the range of libavcodec.so.59 (0x2000ac000000, 13 MiB) is taken by <libfoo & sons>.so; a fixed address cannot be moved',
  },
  {
    system: 'hash-dispatcher',
    variant: 'trap',
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
  return {
    system,
    variant,
    status: 'measured',
    startupMs: estimateMedian(samplesMs),
    startupRatio: estimateRatio(base, samplesMs),
    privateKb,
    sharedKb,
    pssKb: privateKb + Math.round(sharedKb / 5),
    pageTablesKb: 40 + Math.round(mappings / 3),
    mappings,
    minorFaults,
    diskKb,
    bindMs,
    samplesMs,
  };
}

export const sample: Measurement = {
  format: 'linkonce-measurement',
  version: 1,
  date: '2026-11-23T13:00:00.000Z',
  machine: {
    kernel: 'Linux 6.18.44',
    cpu: 'A Processor at 2.6 GHz',
    cores: 2,
    memoryKb: 24_683_656,
    libc: 'glibc 2.36',
    node: 'v20.20.2',
  },
  program: {
    path: '/usr/bin/ffmpeg',
    arguments: ['-hide_banner', '-version', '</script><b>&amp;'],
    modules: 215,
  },
  settings: { runs: 40, processes: 4, moment: 'exit', timed: true },
  results: [...rows.map(measured), ...unmeasured],
  warnings: [
    { kind: 'output-differs', message: 'hash-address blocks: stderr not the program’s' },
    {
      kind: 'noisy',
      message: 'rebase-startup private: interval wider than 10 % of the median; was the machine busy?',
    },
  ],
};

/** The same program, not timed. */
export const untimedSample: Measurement = {
  ...sample,
  settings: { ...sample.settings, moment: 5, timed: false },
  results: sample.results.map((result) => {
    if (result.status !== 'measured') return result;
    const { startupMs: _ms, startupRatio: _ratio, minorFaults: _faults, ...rest } = result;
    return { ...rest, samplesMs: [] };
  }),
};
