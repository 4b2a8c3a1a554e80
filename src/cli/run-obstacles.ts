/**
 * Whether `run` may start a launcher of its cache, asked before each start that comes to Node: some milliseconds, where Node takes a
 * hundred. What is in the way is said once: the launcher's folder keeps what was said, and native/run.c starts by itself what hands
 * over for no other reason.
 */
import { appendFileSync, readFileSync, utimesSync } from 'node:fs';
import { askLauncher } from '../image/ask-launcher.ts';
import { countPathBeside, readCount, writeNewCount } from '../image/hand-over-count.ts';
import type { Obstacle } from '../image/obstacle.ts';
import { describeObstacle } from '../image/obstacle.ts';
import { LinkonceError } from '../util/errors.ts';
import { isSystemError } from '../util/system-errors.ts';

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
  keep(() => {
    appendFileSync(saidFile(file), `${obstacle.reason}\n`);
  });
}

/** From here on a hand-over for a reason that nobody has heard of, or after an hour, is one to look at again. */
export function settleCount({ file }: Cached): void {
  const count = countPathBeside(file);
  const handedOver = readCount(count);
  const isSaid = handedOver !== undefined && wasSaid(file, handedOver.reason);
  if (handedOver?.count === 0) return;
  keep(() => {
    if (isSaid) utimesSync(saidFile(file), new Date(), new Date());
    else writeNewCount(count);
  });
}

/** In a cache that became read-only it is said, and asked, again. */
function keep(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof LinkonceError) && !isSystemError(error)) throw error;
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
