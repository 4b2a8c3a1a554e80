/** Whether the launchers of the default store would be used by this user, as `store list` asks them. */
import type { Obstacle } from '../image/obstacle.ts';
import { askPrograms } from '../store/ask-programs.ts';
import type { StoredProgram } from '../store/catalogue.ts';
import { keyOf, requireCatalogue } from '../store/catalogue.ts';
import type { Answer } from './finding.ts';

/** Throws LinkonceError where the store cannot be read. */
export async function askStoredPrograms(store: string): Promise<Answer> {
  const { programs } = requireCatalogue(store);
  const obstacles = await askPrograms(store, programs, 'bin');
  const reasons = programs.flatMap((program) => reasonOf(program, obstacles.get(keyOf(program))));
  const ready = `${store}: ${String(programs.length - reasons.length)} of ${String(programs.length)} programs run from it`;
  const reason = mostFrequent(reasons);
  return reason === undefined
    ? { answer: 'yes', detail: ready }
    : { answer: 'limited', detail: `${ready}; of the others, most often: ${reason}` };
}

function reasonOf(program: StoredProgram, obstacle: Obstacle | undefined): string[] {
  const { relocatedAtStart, failed, launcher } = program;
  if (launcher === '') return [relocatedAtStart ?? failed ?? 'it has no launcher'];
  return obstacle === undefined ? [] : [failed ?? obstacle.reason];
}

/** The first one of several. */
function mostFrequent(texts: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0];
}
