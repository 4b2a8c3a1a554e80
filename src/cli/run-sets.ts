/** How thoroughly `compare` measures: sets of settings, of which a person may change any. */
import type { CallSettings } from '../measure/call-measurement.ts';
import type { Settings } from '../measure/measurement.ts';

interface RunSet {
  readonly runs: number;
  readonly counts: readonly number[];
  readonly calls: CallSettings;
}

/** `quick`: git under all systems within a minute on two processors. `custom`: where none is named. */
const runSets: Readonly<Record<Settings['mode'], RunSet>> = {
  quick: { runs: 20, counts: [1, 4, 16], calls: { rounds: 5, calls: 1 << 18, repetitions: 5 } },
  custom: { runs: 40, counts: [1, 4, 16], calls: { rounds: 10, calls: 1 << 20, repetitions: 10 } },
  full: { runs: 100, counts: [1, 4, 16, 64], calls: { rounds: 20, calls: 1 << 20, repetitions: 25 } },
};

/** What a person said; absent: as the set has it. */
export interface RunSetOptions {
  readonly quick?: boolean;
  readonly full?: boolean;
  readonly runs?: number;
  readonly counts?: readonly number[];
  /** Whether calls between modules are timed at all. */
  readonly calls: boolean;
}

export type ChosenSettings = Omit<RunSet, 'calls'> & {
  readonly mode: Settings['mode'];
  readonly calls?: CallSettings;
};

/** The set that was named, with what was said beside it; then it is no longer that set, but `custom`. */
export function chooseSettings({ quick, full, runs, counts, calls }: RunSetOptions): ChosenSettings {
  const named = quick ? 'quick' : full ? 'full' : 'custom';
  const set = runSets[named];
  const isChanged = runs !== undefined || counts !== undefined || !calls;
  return {
    mode: isChanged ? 'custom' : named,
    runs: runs ?? set.runs,
    counts: counts ?? set.counts,
    ...(calls && { calls: set.calls }),
  };
}
