/**
 * Starts as a trace that speedscope and Perfetto read: Chrome's Trace Event Format, its JSON object form. A system is a process; its
 * phases and the system calls within them are complete events (`ph` X) of one thread, so that calls stand below their phase.
 */
import { nameOf } from '../measure/measurement.ts';
import type { PhasedResult, StartPhases, TracedStart } from '../measure/start-phases.ts';
import { phaseNames } from '../measure/start-phases.ts';
import { commandLine } from './format.ts';

/** `ts` and `dur` are microseconds. */
interface CompleteEvent {
  readonly name: string;
  readonly cat: 'phase' | 'system call';
  readonly ph: 'X';
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: Readonly<Record<string, string>>;
}

interface NameEvent {
  readonly name: 'process_name' | 'thread_name';
  readonly ph: 'M';
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name: string };
}

export interface TraceEvents {
  readonly traceEvents: readonly (CompleteEvent | NameEvent)[];
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, string>>;
}

/** Of each system the start that took the least, which was disturbed the least; systems without figures are left out. */
export function traceEventsOf(phases: StartPhases): TraceEvents {
  const measured = phases.results.filter((result) => result.status === 'measured');
  return {
    traceEvents: measured.flatMap((result, index) => eventsOf(result, index + 1, commandLine(phases))),
    displayTimeUnit: 'ms',
    otherData: { program: commandLine(phases), date: phases.date },
  };
}

function eventsOf(
  result: Extract<PhasedResult, { readonly status: 'measured' }>,
  pid: number,
  program: string,
): readonly (CompleteEvent | NameEvent)[] {
  const start = calmestOf(result.starts);
  if (start === undefined) return [];
  const at = { pid, tid: 1 };
  const named = (name: NameEvent['name'], text: string): NameEvent => ({
    ...{ name, ph: 'M', ...at },
    args: { name: text },
  });
  const phases = phaseNames.map((name): CompleteEvent => {
    const { startUs, durationUs } = start.phases[name];
    return { name, cat: 'phase', ph: 'X', ts: startUs, dur: durationUs, ...at };
  });
  const calls = start.calls.map((call): CompleteEvent => ({
    ...{ name: call.name, cat: 'system call', ph: 'X', ts: call.startUs, dur: call.durationUs, ...at },
    ...(call.path !== undefined && { args: { path: call.path } }),
  }));
  return [
    named('process_name', nameOf(result)),
    named('thread_name', program),
    ...phases,
    ...within(calls, start),
  ];
}

/** A call that sets a phase's end belongs to the phase that it began in. */
function within(calls: readonly CompleteEvent[], start: TracedStart): readonly CompleteEvent[] {
  return calls.map((call) => {
    const phase = phaseNames
      .map((name) => start.phases[name])
      .find(({ startUs, durationUs }) => call.ts >= startUs && call.ts < startUs + durationUs);
    const end = phase ? phase.startUs + phase.durationUs : Infinity;
    return { ...call, dur: Math.min(call.dur, end - call.ts) };
  });
}

function calmestOf(starts: readonly TracedStart[]): TracedStart | undefined {
  const [first] = [...starts].sort((one, other) => endOf(one) - endOf(other));
  return first;
}

function endOf({ phases: { program } }: TracedStart): number {
  return program.startUs + program.durationUs;
}
