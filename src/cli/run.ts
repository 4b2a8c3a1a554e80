/**
 * `linkonce run`: binds a program into the cache where that has not been done, then becomes it. Like `time` and `env` it runs the
 * program: what keeps a launcher from it is said once, in one line. Where native/run.c finds all as it should be, this is not asked.
 */
import type { Command } from 'commander';
import { findProgram } from '../program/find-program.ts';
import { LinkonceError } from '../util/errors.ts';
import { printableLine } from '../util/printable.ts';
import { withProgress } from './progress.ts';
import { cachedImage, readWithout, removeWithout, storeImage, writeWithout } from './run-cache.ts';
import { chooseSystem } from './system-choice.ts';
import type { SystemChoice } from '../pipeline.ts';

interface Startable {
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What was typed, and what it leads to. */
interface Wanted {
  readonly name: string;
  readonly file: string;
  readonly choice: SystemChoice;
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
      const wanted = { name, file: findProgram(name, process.env.PATH ?? ''), choice };
      const image = await launcherFor(wanted).catch((error: unknown) => {
        // Who names a system wants that one.
        const isNamed = command.getOptionValueSource('system') === 'cli';
        if (!(error instanceof LinkonceError) || isNamed) throw error;
        return withoutLauncher(wanted, error.message);
      });
      const { execute } = await import('./exec.ts');
      execute(image.file, [name, ...args], { ...process.env, ...image.environment });
    });
}

/** The launcher of an earlier run, or where that would not be used and a new one may be, a new one. */
async function launcherFor({ name, file, choice }: Wanted): Promise<Startable> {
  const { isMendedByBinding, obstacleOf, sayOnce, settleCount } = await import('./run-obstacles.ts');
  const bind = (): Promise<Startable> => withProgress((onProgress) => storeImage(file, choice, onProgress));
  const cached = cachedImage(file, choice);
  let image = cached ?? (await bind());
  let obstacle = obstacleOf(image);
  if (cached && obstacle && isMendedByBinding(cached, obstacle)) {
    image = await bind();
    obstacle = obstacleOf(image);
  }
  if (obstacle) sayOnce(name, image, obstacle);
  settleCount(image);
  // What cannot be started from its launcher is started without.
  if (obstacle?.outcome === 'fails') {
    writeWithout(file, choice, obstacle.reason);
    return { file, environment: image.environment };
  }
  removeWithout(file, choice);
  return image;
}

/** The program itself; why is said where it was another reason before, or where that could not be kept. */
function withoutLauncher({ name, file, choice }: Wanted, reason: string): Startable {
  const line = printableLine(reason);
  if (readWithout(file, choice) !== line)
    process.stderr.write(`linkonce: ${name} is run without a launcher: ${line}\n`);
  writeWithout(file, choice, line);
  return { file, environment: {} };
}
