/** Why a launcher would not be used, as a launcher that was asked says it (ask-launcher.ts), and in words for people. */
import { at } from '../util/present.ts';
import { launcherAnswers } from './plan-layout.ts';
import type { Remedy } from './reasons.ts';
import { bindItAgain, findReason } from './reasons.ts';

export interface Obstacle {
  /** `hands-over`: the program runs, by the platform's linker. `fails`: it does not run. `unknown`: the launcher cannot be asked. */
  readonly outcome: 'hands-over' | 'fails' | 'unknown';
  readonly reason: string;
  /** What it is about: a file, a variable, a range; empty where the reason says it all. */
  readonly detail: string;
  readonly remedy: Remedy;
  readonly help: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** How the process of a launcher that was asked ended, and what it said. */
export interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  /** It could not be started, or did not end. */
  readonly error?: Error | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Undefined where nothing is in the way. */
export function obstacleOf(ended: Ended): Obstacle | undefined {
  const { status, signal, error, stdout, stderr } = ended;
  const said = at(stderr.split('\n', 1), 0).replace(/^linkonce: /, '');
  if (error) return unanswered(`it gives no answer (${error.message})`, 'let new files be executed');
  if (status === launcherAnswers.runs) return undefined;
  if (status === launcherAnswers.handsOver) return handsOver(stdout, said);
  const how = said === '' ? `its start ends with ${signal ?? `status ${String(status)}`}` : said;
  return failing(how, '', bindItAgain, 'bind-again');
}

function handsOver(reason: string, said: string): Obstacle {
  const known = findReason(reason);
  return {
    outcome: 'hands-over',
    reason,
    detail: said,
    remedy: known?.remedy ?? 'person',
    help: known?.help ?? bindItAgain,
  };
}

export function failing(reason: string, detail: string, help: string, remedy: Remedy): Obstacle {
  return { outcome: 'fails', reason, detail, remedy, help };
}

export function unanswered(reason: string, help: string): Obstacle {
  return { outcome: 'unknown', reason, detail: '', remedy: 'person', help };
}

const outcomes: Readonly<Record<Obstacle['outcome'], string>> = {
  'hands-over': 'for this user it runs through ld.so here',
  fails: 'for this user it does not start here',
  unknown: 'whether it is used here is not known',
};

/** Why, and what it is about. */
export function describeReason({ reason, detail }: Obstacle): string {
  return `${reason}${detail === '' ? '' : ` (${detail})`}`;
}

/** One line: what happens, why, and what helps. */
export function describeObstacle(obstacle: Obstacle): string {
  return `${outcomes[obstacle.outcome]}: ${describeReason(obstacle)}; to do: ${obstacle.help}`;
}
