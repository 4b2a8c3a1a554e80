/** `linkonce systems --try-tools`: a program is bound under each system, and tools are set on it. */
import { bindProgram } from '../pipeline.ts';
import type { OnProgress, SystemChoice } from '../pipeline.ts';
import { linkerVariables } from '../program/environment.ts';
import { variantOf } from '../systems/build-variant.ts';
import type { Tool } from '../systems/seen-by.ts';
import { differing, tryTools } from '../tools/try-tools.ts';
import type { Trials } from '../tools/try-tools.ts';
import { attemptLater } from '../util/outcome.ts';

export interface TriedSystem {
  readonly system: string;
  readonly variant: string;
  /** Or why it was not tried. */
  readonly trials: Trials | { readonly skipped: string };
  /** Tools that see something else than the system states. */
  readonly differs: readonly Tool[];
}

export async function tryToolsUnder(
  choices: readonly SystemChoice[],
  onProgress: OnProgress,
): Promise<readonly TriedSystem[]> {
  const tried: TriedSystem[] = [];
  for (const [index, choice] of choices.entries()) {
    onProgress(`tools under ${choice.system.id}:${choice.variant}`, { done: index, of: choices.length });
    tried.push(await tryOne(choice));
  }
  return tried;
}

async function tryOne({ system, variant }: SystemChoice): Promise<TriedSystem> {
  const { seenBy } = variantOf(system, variant);
  const head = { system: system.id, variant };
  const variables = linkerVariables(process.env);
  const bind = (program: string, output: string) =>
    bindProgram(program, { system, variant, output, variables });
  const outcome = await attemptLater(() => tryTools(bind));
  if ('failure' in outcome) return { ...head, trials: { skipped: outcome.failure.message }, differs: [] };
  return { ...head, trials: outcome.value, differs: differing(seenBy, outcome.value) };
}
