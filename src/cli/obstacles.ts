/** What the commands that bind say at their end: which launchers would not be used here, by this user, why, and what helps. */
import { askLaunchers } from '../image/ask-launcher.ts';
import { describeObstacle } from '../image/obstacle.ts';

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
export async function describeObstacles(launchers: readonly WrittenLauncher[]): Promise<string[]> {
  const questions = launchers.map(({ file, environment }) => ({
    file,
    environment: { ...process.env, ...environment },
  }));
  const answers = await askLaunchers(questions);
  const met = new Map<string, string[]>();
  launchers.forEach(({ name }, index) => {
    const obstacle = answers[index];
    if (obstacle === undefined) return;
    const line = describeObstacle(obstacle);
    met.set(line, [...(met.get(line) ?? []), name]);
  });
  return [...met].map(([line, names]) => `${listNames(names)}: ${line}`);
}

function listNames(names: readonly string[]): string {
  const more = names.length - mostNames;
  const said = names.slice(0, mostNames).join(', ');
  return more > 0 ? `${said} and ${String(more)} more` : said;
}
