/** What `linkonce why` prints: a line for a person, and what else is to be known; or JSON (docs/formats/why.md). */
import type { HandOvers } from '../image/hand-over-count.ts';
import { describeObstacle } from '../image/obstacle.ts';
import type { ExaminedStart, StartVerdict } from './examine-start.ts';
import type { FoundLauncher } from './find-launcher.ts';
import { describeHandOvers } from './store-text.ts';

/** As it was typed, and the file that it means. */
export interface Named {
  readonly name: string;
  readonly file: string;
}

export function whyText({ name, file }: Named, { verdict, handedOver }: ExaminedStart): string {
  const lines = [
    verdictLine(name, verdict),
    ...(verdict.outcome === 'not-bound' ? [] : launcherLines(file, verdict.launcher)),
    ...(handedOver ? [describeHandOvers(handedOver)] : []),
  ];
  return `${lines.join('\n')}\n`;
}

const bindIt = 'bind it (`bind`, `store add`), or start it by `run`';

function verdictLine(name: string, verdict: StartVerdict): string {
  if (verdict.outcome === 'image') return `${name} runs from its image ${verdict.image}`;
  if (verdict.outcome === 'obstacle') return `${name}: ${describeObstacle(verdict.obstacle)}`;
  return verdict.refused === undefined
    ? `${name} is not bound: it runs through ld.so; to do: ${bindIt}`
    : `${name} is not bound, and cannot be: ${verdict.refused}`;
}

const places: Readonly<Record<FoundLauncher['from'], string>> = {
  itself: '',
  store: 'of the store',
  cache: 'of `run`',
};

/** A program is started by its launcher only where that is what is called. */
function launcherLines(file: string, { file: launcher, from }: FoundLauncher): string[] {
  if (from === 'itself') return [];
  return [`that is by the launcher ${places[from]}, ${launcher}; ${file} itself runs through ld.so`];
}

export const whyFormat = 'linkonce-why';
export const whyVersion = 1;

export function whyJson({ name, file }: Named, { verdict, handedOver }: ExaminedStart): string {
  const answer = {
    ...{ format: whyFormat, version: whyVersion, name, file },
    ...verdictFields(verdict),
    ...(handedOver && { handedOver: countFields(handedOver) }),
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function verdictFields(verdict: StartVerdict): object {
  if (verdict.outcome === 'not-bound')
    return verdict.refused === undefined
      ? { outcome: 'not-bound', remedy: 'bind-again', help: bindIt }
      : { outcome: 'not-bound', remedy: 'person', reason: verdict.refused };
  const launcher = { launcher: verdict.launcher.file, from: verdict.launcher.from };
  return verdict.outcome === 'image'
    ? { outcome: 'image', ...launcher, image: verdict.image }
    : { ...launcher, ...verdict.obstacle };
}

function countFields({ count, last, reason }: HandOvers): object {
  return { count, ...(last && { last: last.toISOString() }), reason };
}
