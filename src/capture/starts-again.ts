/**
 * Programs that execute themselves (chromium's zygotes, renderers, utilities): by `/proc/self/exe`, or by the path that it shows. A launcher
 * sets that link to the program, which finds its folder by it; so what is executed by it is the program, through ld.so. A copy of the program
 * that the loader starts (interpreter mode) is what its link shows. In the program's own folder it finds what the program finds there, and
 * its children run from the image, too.
 */
import path from 'node:path';
import { pageSize } from '../util/units.ts';

export interface Again {
  /** The program's file. */
  readonly path: string;
  /** How often it was seen in a run. */
  readonly times: number;
  /** That the linker writes in each process. */
  readonly writtenPages: number;
}

/** One line. */
export function describeAgain({ path: file, times, writtenPages }: Again): string {
  const copy = path.join(path.dirname(file), `${path.basename(file)}-linkonce`);
  const count = times === 1 ? 'once' : `${String(times)} times`;
  return (
    `it executed itself ${count}: such processes run through ld.so, each with ${String((writtenPages * pageSize) / 1024)} kB of its own that the image shares; ` +
    `of a copy beside it all run from the image: bind --as-interpreter -o ${copy}`
  );
}
