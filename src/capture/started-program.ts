/**
 * From the file that a person named to the program that is bound: itself, or where that is a script, the program that it starts in the
 * end. Nothing is run that a person did not ask for: without arguments to run it with, only a plain script tells.
 */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { Variables } from '../program/environment.ts';
import { describeScript, interpreterOf, isShellScript, plainTarget } from '../program/script.ts';
import { LinkonceError } from '../util/errors.ts';
import type { ChoosingMeans, OpenedChoice } from './choose-opened.ts';
import { followScript } from './follow-script.ts';

export interface StartedProgram {
  readonly invocation: string;
  /** Of the linker, where the script sets them; absent: as they are here. */
  readonly variables?: Variables;
  /** What was named, where that is another file. */
  readonly script?: string;
}

/** `named`: an executable file. Throws LinkonceError where it is a script and the program is not known. */
export async function startedProgram(
  named: string,
  choice: OpenedChoice | undefined,
  means: ChoosingMeans,
): Promise<StartedProgram> {
  const [args] = choice?.runs ?? [];
  if (isShellScript(named)) return scriptProgram(named, args, choice, means);
  if (interpreterOf(named) !== undefined) throw new LinkonceError(describeScript(named));
  if (args === undefined || !choice || !isProxy(named)) return { invocation: named };
  // rustc, by way of rustup: another program of the same name.
  const found = await follow(named, args, choice, means);
  const isOther = path.basename(found.invocation) === path.basename(named) && found.invocation !== named;
  return isOther ? { ...found, script: named } : { invocation: named };
}

async function scriptProgram(
  named: string,
  args: readonly string[] | undefined,
  choice: OpenedChoice | undefined,
  means: ChoosingMeans,
): Promise<StartedProgram> {
  if (args !== undefined && choice) return { ...(await follow(named, args, choice, means)), script: named };
  const invocation = plainTarget(named);
  if (invocation === undefined) throw new LinkonceError(describeScript(named));
  return { invocation, script: named };
}

/** A file of another name, to which many names may lead. */
function isProxy(named: string): boolean {
  return path.basename(realpathSync(named)) !== path.basename(named);
}

function follow(
  named: string,
  args: readonly string[],
  { seconds }: OpenedChoice,
  { onProgress, guard }: ChoosingMeans,
) {
  onProgress(`running it, for ${String(seconds)} s at most, to see which program it starts`);
  return guard((stop) => followScript(named, { args, seconds, stop }));
}

/** One line; undefined where the program itself was named. */
export function describeStarted({ invocation, script }: StartedProgram): string | undefined {
  if (script === undefined) return undefined;
  const what = interpreterOf(script) === undefined ? 'executes' : 'is a script that starts';
  return `${script} ${what} ${invocation}: that is bound; ${path.basename(script)} itself goes on starting the original`;
}
