/** Asks the launchers of a store's programs, each with the variables of the dynamic linker that it was bound for: none. */
import path from 'node:path';
import { askLaunchers } from '../image/ask-launcher.ts';
import type { Obstacle } from '../image/obstacle.ts';
import { isLinkerVariable } from '../program/environment.ts';
import type { StoredProgram } from './catalogue.ts';
import { names } from './folder.ts';

/** Where launchers are asked: in `bin`, where people start them, or before a commit in `files`. */
type Folder = 'bin' | 'files';

/** By name, why a program would not run from the store here and now; nothing for those that would, or have no launcher. */
export async function askPrograms(
  store: string,
  programs: readonly StoredProgram[],
  folder: Folder,
): Promise<ReadonlyMap<string, Obstacle>> {
  const asked = programs.filter(({ launcher }) => launcher !== '');
  const environment = withoutLinkerVariables(process.env);
  const questions = asked.map(({ name, launcher }) => ({
    file: path.join(store, names[folder], folder === 'bin' ? name : launcher),
    environment,
    mustBeLauncher: true,
  }));
  const answers = await askLaunchers(questions);
  return new Map(
    asked.flatMap(({ name }, index): [string, Obstacle][] => {
      const answer = answers[index];
      return answer === undefined ? [] : [[name, answer]];
    }),
  );
}

function withoutLinkerVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isLinkerVariable(name)));
}
