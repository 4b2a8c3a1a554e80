/** The end of the page: doubts about the figures, how they came about, and on which machine. */
import type { Measurement, Warning } from '../../measure/measurement.ts';
import { formatMoment, labelsOf } from '../format.ts';
import { element, section } from './element.ts';

const titles: Readonly<Record<Warning['kind'], string>> = {
  'handed-over': 'Handed over',
  noisy: 'Noise',
  'few-runs': 'Few runs',
  'first-run': 'First run',
  'exit-status': 'Exit status',
  'output-differs': 'Output',
  'did-not-end': 'Did not end',
  'ended-early': 'Ended early',
  'frames-hidden': 'Sharing',
  frequency: 'Clock frequency',
  resumed: 'Gone on with',
  stopped: 'Stopped',
  growth: 'Growth',
  zram: 'Not paged out',
  calls: 'Calls',
  learning: 'Modules that it opens',
};

export function createWarnings({ warnings, programs }: Measurement): HTMLElement | undefined {
  if (warnings.length === 0) return undefined;
  const labels = programs.length > 1 ? labelsOf(programs) : [];
  const items = warnings.map(({ kind, message, program }) => {
    const label = program === undefined ? undefined : labels[program];
    const about = label === undefined ? '' : `${label}: `;
    return element('li', {}, element('strong', {}, titles[kind]), ` ${about}${message}`);
  });
  return section('What to doubt', element('ul', { class: 'warnings' }, ...items));
}

export function createFacts(measurement: Measurement): HTMLElement {
  const { machine } = measurement;
  const facts: readonly (readonly [string, string])[] = [
    ['Processor', `${machine.cpu}, ${machine.cores} cores`],
    ['Memory', `${(machine.memoryKb / 1024 / 1024).toFixed(1)} GiB`],
    ['Kernel', machine.kernel],
    ['C library', machine.libc],
    ['Node', machine.node],
  ];
  const list = element(
    'dl',
    { class: 'machine' },
    ...facts.flatMap(([term, fact]) => [element('dt', {}, term), element('dd', {}, fact)]),
  );
  return section('How it was measured', element('p', {}, explain(measurement)), list);
}

function explain({ programs, settings: { runs, moment } }: Measurement): string {
  const timing = programs.some(({ timed }) => timed)
    ? `Start-up is the time from fork to the end of the process, taken in C, over ${runs} rounds in which all take turns; the interval of the median is the bootstrap’s. `
    : 'Start-up was not timed, and the output of the systems was not compared. ';
  const weighing = `Memory of a program is that of one among its processes alive at once, all stopped ${formatMoment(moment)}: medians of /proc/PID/smaps_rollup. kB are 1,024 bytes.`;
  const together =
    ' Memory of all programs is the sum over all their processes, alive at once. Who shares a page frame is read from /proc/PID/pagemap; pages of zeros and the kernel’s own mappings are left out.';
  return timing + weighing + (programs.length > 1 ? together : '');
}
