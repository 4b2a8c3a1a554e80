/**
 * Whether `run` may start a launcher of its cache, asked before each start: some milliseconds, where Node takes a hundred. What is
 * in the way is said once: the launcher's folder keeps what was said.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { askLauncher } from '../image/ask-launcher.ts';
import type { Obstacle } from '../image/obstacle.ts';
import { describeObstacle } from '../image/obstacle.ts';

interface Cached {
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What is in the way of a start with this process's environment. */
export function obstacleOf({ file, environment }: Cached): Obstacle | undefined {
  return askLauncher(file, { ...process.env, ...environment });
}

/** Whether another bind mends it, which the last one did not try in vain. */
export function isMendedByBinding({ file }: Cached, { remedy, reason }: Obstacle): boolean {
  return remedy === 'bind-again' && !wasSaid(file, reason);
}

/** Tells the person, if nobody did. */
export function sayOnce(name: string, { file }: Cached, obstacle: Obstacle): void {
  if (wasSaid(file, obstacle.reason)) return;
  process.stderr.write(`linkonce: ${name}: ${describeObstacle(obstacle)}\n`);
  try {
    appendFileSync(saidFile(file), `${obstacle.reason}\n`);
  } catch {
    // A cache that became read-only: it is said again.
  }
}

function wasSaid(file: string, reason: string): boolean {
  try {
    return readFileSync(saidFile(file), 'utf8').split('\n').includes(reason);
  } catch {
    return false;
  }
}

const saidFile = (launcher: string): string => `${launcher}.said`;
