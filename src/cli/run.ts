/** `linkonce run`: binds a program into the cache where that has not been done, then becomes it. */
import type { Command } from 'commander';
import { findProgram } from '../program/find-program.ts';
import { withProgress } from './progress.ts';
import { cachedImage, NoCache, storeImage } from './run-cache.ts';
import { chooseSystem } from './system-choice.ts';
import type { SystemChoice } from '../pipeline.ts';

interface Startable {
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
}

export function registerRun(program: Command): void {
  program
    .command('run')
    .summary('start a program by its launcher')
    .description(
      'Start a program by a launcher from the cache ($XDG_CACHE_HOME/linkonce), which is written on the first run. ' +
        "The exit status is the program's own.",
    )
    .argument('<program>', 'name or path of an ELF program')
    .argument('[args...]', "the program's arguments")
    .option('-s, --system <id[:variant]>', 'which system; see `linkonce systems`', 'image')
    .passThroughOptions()
    .action(async (name: string, args: readonly string[], options: { system: string }, command: Command) => {
      const choice = await chooseSystem(options.system, command);
      const file = findProgram(name, process.env.PATH ?? '');
      const image = await launcherFor(name, file, choice).catch((error: unknown) => {
        // Nothing can be kept here: the program does not need it.
        if (!(error instanceof NoCache)) throw error;
        process.stderr.write(`linkonce: ${name} is run without a launcher: ${error.message}\n`);
        return { file, environment: {} };
      });
      const { execute } = await import('./exec.ts');
      execute(image.file, [name, ...args], { ...process.env, ...image.environment });
    });
}

/** The launcher of an earlier run, or where that would not be used and a new one may be, a new one. */
async function launcherFor(name: string, file: string, choice: SystemChoice): Promise<Startable> {
  const { isMendedByBinding, obstacleOf, sayOnce } = await import('./run-obstacles.ts');
  const bind = (): Promise<Startable> => withProgress((onProgress) => storeImage(file, choice, onProgress));
  const cached = cachedImage(file, choice);
  let image = cached ?? (await bind());
  let obstacle = obstacleOf(image);
  if (cached && obstacle && isMendedByBinding(cached, obstacle)) {
    image = await bind();
    obstacle = obstacleOf(image);
  }
  if (obstacle) sayOnce(name, image, obstacle);
  // What cannot be started from its launcher is started without.
  return obstacle?.outcome === 'fails' ? { file, environment: image.environment } : image;
}
