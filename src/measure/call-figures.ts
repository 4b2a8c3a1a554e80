/** From what the processes of the probe found to figures with intervals and ratios. */
import type { CallFigure, CallFigures, FigureId } from './call-measurement.ts';
import { figureIds } from './call-measurement.ts';
import type { ProbeRun } from './run-probe.ts';
import { estimateMedian } from './statistics.ts';

/** Runs of one candidate and of what it is compared with; each has one run a round. */
export interface ComparedRuns {
  readonly runs: readonly ProbeRun[];
  readonly staticLink: readonly ProbeRun[];
  readonly baseLine: readonly ProbeRun[];
}

export function describeCalls(compared: ComparedRuns): CallFigures {
  const entries = figureIds.map((id) => [id, describeFigure(id, compared)]);
  return Object.fromEntries(entries) as Record<FigureId, CallFigure>;
}

function describeFigure(id: FigureId, { runs, staticLink, baseLine }: ComparedRuns): CallFigure {
  const samplesNs = samplesOf(id, runs);
  return {
    ns: estimateMedian(samplesNs),
    toStatic: estimateMedian(ratios(samplesNs, samplesOf(id, staticLink))),
    toBaseLine: estimateMedian(ratios(samplesNs, samplesOf(id, baseLine))),
    samplesNs,
  };
}

function samplesOf(id: FigureId, runs: readonly ProbeRun[]): readonly number[] {
  return runs.map(({ ns }) => ns[id]);
}

/** Round by round: what changes on the machine between rounds meets both. */
function ratios(samples: readonly number[], base: readonly number[]): readonly number[] {
  return samples.map((ns, round) => ns / base[round]!);
}
