/** Asks the launchers of a store's programs, each with the linker's variables that it was bound for. */
import path from 'node:path';
import { askLaunchers } from '../image/ask-launcher.ts';
import type { Obstacle } from '../image/obstacle.ts';
import { asEnvironment, isLinkerVariable } from '../program/environment.ts';
import type { StoredProgram } from './catalogue.ts';
import { keyOf } from './catalogue.ts';
import { names } from './folder.ts';

/** Where launchers are asked: in `bin`, where people start them, or before a commit in `files`. */
type Folder = 'bin' | 'files';

/** By `keyOf`, why a program would not run from the store here and now; nothing for those that would, or have no launcher. */
export async function askPrograms(
  store: string,
  programs: readonly StoredProgram[],
  folder: Folder,
): Promise<ReadonlyMap<string, Obstacle>> {
  const asked = programs.filter(({ launcher }) => launcher !== '');
  const environment = withoutLinkerVariables(process.env);
  const questions = asked.map(({ name, launcher, variables }) => ({
    file: path.join(store, names[folder], folder === 'bin' ? name : launcher),
    environment: { ...environment, ...asEnvironment(variables) },
    mustBeLauncher: true,
  }));
  const answers = await askLaunchers(questions);
  return new Map(
    asked.flatMap((program, index): [string, Obstacle][] => {
      const answer = answers[index];
      return answer === undefined ? [] : [[keyOf(program), answer]];
    }),
  );
}

function withoutLinkerVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isLinkerVariable(name)));
}
