/** The end of the page: doubts about the figures, how they came about, and on which machine. */
import type { Measurement, Warning } from '../../measure/measurement.ts';
import { formatMoment } from '../format.ts';
import { element, section } from './element.ts';

const titles: Readonly<Record<Warning['kind'], string>> = {
  noisy: 'Noise',
  'few-runs': 'Few runs',
  'first-run': 'First run',
  'exit-status': 'Exit status',
  'output-differs': 'Output',
  'did-not-end': 'Did not end',
  'ended-early': 'Ended early',
};

export function createWarnings({ warnings }: Measurement): HTMLElement | undefined {
  if (warnings.length === 0) return undefined;
  const items = warnings.map(({ kind, message }) =>
    element('li', {}, element('strong', {}, titles[kind]), ` ${message}`),
  );
  return section('What to doubt', element('ul', { class: 'warnings' }, ...items));
}

export function createFacts(measurement: Measurement): HTMLElement {
  const { machine, settings } = measurement;
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
  return section('How it was measured', element('p', {}, explain(settings)), list);
}

function explain({ runs, processes, moment, timed }: Measurement['settings']): string {
  const timing = timed
    ? `Start-up is the time from fork to the end of the process, taken in C, over ${runs} rounds in which all systems take turns; the interval of the median is the bootstrap’s. `
    : 'Start-up was not timed, and the output of the systems was not compared. ';
  const weighing = `Memory is that of one process among ${processes} alive at once, all stopped ${formatMoment(moment)}: medians of /proc/PID/smaps_rollup. kB are 1,024 bytes.`;
  return timing + weighing;
}
