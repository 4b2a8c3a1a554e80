/**
 * Whether the processor was as fast at the end of a run as at its beginning. The kernel's cpufreq says at which clock a
 * processor runs now, idle or not, and in a virtual machine there is none; so the same small work is timed at some moments, and
 * the least of several times counts, which neighbours and interrupts only make longer.
 */
import { readFileSync } from 'node:fs';
import type { Warning } from './measurement.ts';

/** Above this part a difference is no accident of the timing. */
const drift = 0.05;
/** About a millisecond each. */
const turns = 1_000_000;
const repetitions = 12;

/** The least time of the work, ns. Holds the thread for some 15 ms. */
export function timeWork(): number {
  const times = Array.from({ length: repetitions }, () => {
    const begun = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - begun);
  });
  return Math.min(...times);
}

/** Steps of Marsaglia's xorshift, each of which needs the one before: nothing but the clock decides how long they take. */
function work(): number {
  let state = 1;
  for (let turn = 0; turn < turns; turn++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return state;
}

/** The warning `frequency` where the times of the same work differ. */
export function findDrift(timesNs: readonly number[]): readonly Warning[] {
  const [least, most] = [Math.min(...timesNs), Math.max(...timesNs)];
  if (timesNs.length < 2 || most <= least * (1 + drift)) return [];
  const percent = Math.round((most / least - 1) * 100);
  const message = `the same work took up to ${percent} % longer at some moments of the run: the clock changed, or the machine was shared`;
  return [{ kind: 'frequency', message }];
}

/** Ticks of all processors since the boot. */
export interface ProcessorTicks {
  readonly all: number;
  /** That the hypervisor gave to others. */
  readonly stolen: number;
}

/** The line `cpu` of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted there. See proc(5). */
export function readTicks(): ProcessorTicks {
  const line = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? '';
  const ticks = line.split(' ').map(Number).slice(0, 8);
  return { all: ticks.reduce((sum, count) => sum + count, 0), stolen: ticks[7] ?? 0 };
}

/** The warning `noisy` where others had a good part of the processors meanwhile. */
export function findStolen(before: ProcessorTicks, after: ProcessorTicks): readonly Warning[] {
  const part = (after.stolen - before.stolen) / Math.max(1, after.all - before.all);
  if (part <= drift) return [];
  const percent = Math.round(part * 100);
  return [
    { kind: 'noisy', message: `the hypervisor gave ${percent} % of the processors’ time to other machines` },
  ];
}
