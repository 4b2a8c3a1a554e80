/** Keeps `bind` from overwriting what is not its own. */
import { statSync } from 'node:fs';
import { LinkonceError } from '../util/errors.ts';

/** Throws where a launcher must not be written. */
export function checkOutput(file: string): void {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!isLauncher(file))
    throw new LinkonceError(`${file}: is there and is no launcher; it is not overwritten`);
}
