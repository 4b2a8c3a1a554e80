/** What a program gives under the platform's linker: asked once for each invocation, which every form of it is compared with. */
import { runProgram, type Outcome, type RunSettings } from './run-program.ts';

const known = new Map<string, Promise<Outcome>>();

/** Of a program that gives the same each time, which `programs.test.ts` makes sure of. */
export function stockRun(file: string, args: readonly string[], settings: RunSettings): Promise<Outcome> {
  const key = JSON.stringify([file, args, settings]);
  const outcome = known.get(key) ?? runProgram(file, args, settings);
  known.set(key, outcome);
  return outcome;
}
