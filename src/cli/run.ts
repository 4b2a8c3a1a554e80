/** `linkonce run`: binds a program into the cache where that has not been done, then becomes it. */
import type { Command } from 'commander';
import { findProgram } from '../program/find-program.ts';
import { withProgress } from './progress.ts';
import { cachedImage, storeImage } from './run-cache.ts';
import { chooseSystem } from './system-choice.ts';

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
      const image =
        cachedImage(file, choice) ??
        (await withProgress((onProgress) => storeImage(file, choice, onProgress)));
      const { execute } = await import('./exec.ts');
      execute(image.file, [name, ...args], { ...process.env, ...image.environment });
    });
}
