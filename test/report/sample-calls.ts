/** What the call lab could have found: invented figures. */
import type { CallFigure, CallFigures, CallMeasurement } from '../../src/measure/call-measurement.ts';
import { figureIds } from '../../src/measure/call-measurement.ts';
import { sample } from './sample.ts';

const exactly = (value: number) => ({ median: value, low: value, high: value });

function figures(times: number): CallFigures {
  const entries = figureIds.map((id, index): [string, CallFigure] => {
    const ns = (index + 1) * times;
    return [
      id,
      { ns: exactly(ns), toStatic: exactly(times), toBaseLine: exactly(times / 2), samplesNs: [ns, ns] },
    ];
  });
  return Object.fromEntries(entries) as CallFigures;
}

export const sampleCalls: CallMeasurement = {
  format: 'linkonce-calls',
  version: 2,
  date: sample.date,
  machine: sample.machine,
  settings: { rounds: 2, calls: 16, repetitions: 1 },
  staticLink: figures(1),
  results: [
    { system: 'got-plt', variant: 'lazy', status: 'measured', figures: figures(2) },
    { system: 'image', variant: 'direct', status: 'measured', figures: figures(1) },
    { system: 'fixed', variant: 'files', status: 'refused', reason: 'not this one' },
  ],
};
