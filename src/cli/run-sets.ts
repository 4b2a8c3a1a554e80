/** How thoroughly `compare` measures: sets of settings, of which a person may change any. */
import type { CallSettings } from '../measure/call-measurement.ts';
import type { Settings } from '../measure/measurement.ts';

interface RunSet {
  readonly runs: number;
  /** Of cold starts, which take much longer. */
  readonly coldRuns: number;
  readonly counts: readonly number[];
  readonly calls: CallSettings;
}

/** `quick`: git under all systems within a minute on two processors. `custom`: where none is named. */
const runSets: Readonly<Record<Settings['mode'], RunSet>> = {
  quick: { runs: 20, coldRuns: 5, counts: [1, 4, 16], calls: { rounds: 5, calls: 1 << 18, repetitions: 5 } },
  custom: {
    runs: 40,
    coldRuns: 10,
    counts: [1, 4, 16],
    calls: { rounds: 10, calls: 1 << 20, repetitions: 10, bothDistances: true },
  },
  full: {
    runs: 100,
    coldRuns: 25,
    counts: [1, 4, 16, 64],
    calls: { rounds: 20, calls: 1 << 20, repetitions: 25, bothDistances: true },
  },
};

/** What a person said; absent: as the set has it. */
export interface RunSetOptions {
  readonly quick?: boolean;
  readonly full?: boolean;
  readonly runs?: number;
  readonly counts?: readonly number[];
  /** Whether calls between modules are timed at all. */
  readonly calls: boolean;
  readonly cold?: boolean;
  readonly zram?: boolean;
}

export type ChosenSettings = Omit<RunSet, 'calls' | 'coldRuns'> & {
  readonly mode: Settings['mode'];
  readonly calls?: CallSettings;
  readonly cold?: boolean;
  readonly zram?: boolean;
};

/** The set that was named, with what was said beside it; then it is no longer that set, but `custom`. */
export function chooseSettings({
  quick,
  full,
  runs,
  counts,
  calls,
  cold = false,
  zram = false,
}: RunSetOptions): ChosenSettings {
  const named = quick ? 'quick' : full ? 'full' : 'custom';
  const set = runSets[named];
  const isChanged = runs !== undefined || counts !== undefined || !calls || cold || zram;
  return {
    mode: isChanged ? 'custom' : named,
    runs: runs ?? (cold ? set.coldRuns : set.runs),
    counts: counts ?? set.counts,
    ...(calls && { calls: set.calls }),
    ...(cold && { cold }),
    ...(zram && { zram }),
  };
}
