/** What to say of a launcher that handed over to the platform's linker while it was measured. */
import type { Obstacle } from '../image/ask-launcher.ts';
import { askLauncher } from '../image/ask-launcher.ts';
import type { Command } from './stopwatch.ts';

/** Asked at once: who reads the report has no launcher any more. */
export function whyHandedOver({ file, environment }: Pick<Command, 'file' | 'environment'>): string {
  const why = describe(askLauncher(file, environment));
  return `its launcher handed over to the platform’s linker: ${why}`;
}

function describe(obstacle: Obstacle | undefined): string {
  if (obstacle === undefined) return 'it did so for a while, and would be used now';
  const { reason, detail, remedy } = obstacle;
  const what = detail === '' ? reason : `${reason} (${detail})`;
  return remedy === 'bind-again' ? `${what}, which came about during the run: repeat it` : what;
}
