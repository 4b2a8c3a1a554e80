/** What the commands that bind say at their end: which launchers would not be used here, by this user, why, and what helps. */
import { askLauncher, describeObstacle } from '../image/ask-launcher.ts';

export interface WrittenLauncher {
  /** For people. */
  readonly name: string;
  readonly file: string;
  /** Variables that a start adds to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** So many names of programs that share an obstacle are said. */
const mostNames = 3;

/** A line for each obstacle, with the programs that meet it; none where all would be used. */
export function describeObstacles(launchers: readonly WrittenLauncher[]): string[] {
  const met = new Map<string, string[]>();
  for (const { name, file, environment } of launchers) {
    const obstacle = askLauncher(file, { ...process.env, ...environment });
    if (obstacle === undefined) continue;
    const line = describeObstacle(obstacle);
    met.set(line, [...(met.get(line) ?? []), name]);
  }
  return [...met].map(([line, names]) => `${listNames(names)}: ${line}`);
}

function listNames(names: readonly string[]): string {
  const more = names.length - mostNames;
  const said = names.slice(0, mostNames).join(', ');
  return more > 0 ? `${said} and ${String(more)} more` : said;
}
