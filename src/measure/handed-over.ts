/**
 * What to say of launchers that handed over to the platform's linker while they were measured. Each is asked at once: who reads the
 * report has no launcher any more. Usually one thing is behind all of them, as an installation beside the run: that is one warning.
 */
import { askLauncher } from '../image/ask-launcher.ts';
import type { Obstacle } from '../image/obstacle.ts';
import { describeReason } from '../image/obstacle.ts';
import type { Course, Job } from './course.ts';
import { healthy } from './course.ts';
import type { Warning } from './measurement.ts';
import type { Command } from './stopwatch.ts';

/** Why the launcher of a command handed over, as a sentence about it. */
export function whyHandedOver(command: Pick<Command, 'file' | 'environment'>): string {
  return say(reasonOf(askLauncher(command.file, command.environment)));
}

/**
 * Before anything is timed: what would hand over has no figures. Building all systems takes minutes, in which much can happen.
 */
export function rejectHandingOver({ courses, onProgress }: Pick<Job, 'courses' | 'onProgress'>): void {
  onProgress('asking the launchers');
  for (const course of courses)
    for (const { name, command } of healthy(course)) {
      const obstacle = askLauncher(command.file, command.environment);
      if (obstacle?.outcome === 'hands-over') noteHandedOver(course, name, reasonOf(obstacle));
    }
}

/** Of one that was seen to hand over. */
export function rejectHandedOver(course: Course, name: string, { file, environment }: Command): void {
  noteHandedOver(course, name, reasonOf(askLauncher(file, environment)));
}

/** Each reason once, with the number of launchers. */
export function handedOverWarnings(courses: readonly Course[]): readonly Warning[] {
  const reasons = courses.flatMap(({ findings }) => [...findings.handedOver.values()]);
  const all = courses.flatMap(({ candidates }) => candidates.filter(({ image }) => image.files.length > 0));
  return [...new Set(reasons)].map((reason) => {
    const count = reasons.filter((one) => one === reason).length;
    const launchers = `${String(count)} of ${String(all.length)} launchers`;
    return { kind: 'handed-over', message: `${launchers} handed over to the platform’s linker: ${reason}` };
  });
}

function noteHandedOver({ findings }: Course, name: string, reason: string): void {
  findings.handedOver.set(name, reason);
  findings.failures.set(name, say(reason));
}

function say(reason: string): string {
  return `its launcher handed over to the platform’s linker: ${reason}`;
}

function reasonOf(obstacle: Obstacle | undefined): string {
  if (obstacle === undefined) return 'it did so for a while, and would be used now';
  const what = describeReason(obstacle);
  return obstacle.remedy === 'bind-again' ? `${what}, which came about during the run: repeat it` : what;
}
