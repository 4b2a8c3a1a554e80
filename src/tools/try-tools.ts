/**
 * What tools see of a bound process, by trying: a program is bound, and each tool is set on a process of it. Its answer is compared
 * with what the system states (systems/seen-by.ts). A tool that is not there, or may not look, is skipped.
 */
import { rmSync } from 'node:fs';
import type { Image } from '../image/image.ts';
import { withPlaces } from '../pagein/with-places.ts';
import type { SeenBy, Tool } from '../systems/seen-by.ts';
import { tools } from '../systems/seen-by.ts';
import { makeTemporaryFolder } from '../util/temporary-folder.ts';
import { tryCore, tryGdb, tryStack, tryValgrind } from './debuggers.ts';
import { tryPerf, tryUprobes } from './profilers.ts';
import { tryRestartCheckers } from './restart-checkers.ts';
import type { Trial } from './run-tool.ts';
import type { Subject } from './subject.ts';
import { placeWatched, whileItRuns } from './watched-program.ts';

export type Trials = Readonly<Record<Tool, Trial>>;

export async function tryTools(bind: (program: string, output: string) => Promise<Image>): Promise<Trials> {
  const folder = makeTemporaryFolder('tools');
  try {
    const program = await placeWatched(folder);
    const again = (): Promise<Image> => bind(program, `${program}-linkonce`);
    const image = await again();
    return await withPlaces([image], () => tryAll({ folder, program, launched: image }, again));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One after the other; the last ones replace what the process is made of. */
function tryAll(subject: Subject, bindAgain: () => Promise<unknown>): Promise<Trials> {
  return whileItRuns(subject.launched, async (pid) => ({
    perf: await tryPerf(subject, pid),
    uprobes: await tryUprobes(subject),
    gdb: await tryGdb(subject, pid),
    'core files': await tryCore(subject, pid),
    'eu-stack': await tryStack(subject, pid),
    valgrind: await tryValgrind(subject),
    ...(await tryRestartCheckers(subject, pid, bindAgain)),
  }));
}

/** Tools that were found to see something else than is stated. */
export function differing(stated: SeenBy, trials: Trials): readonly Tool[] {
  return tools.filter((tool) => typeof trials[tool] === 'string' && trials[tool] !== stated[tool]);
}
