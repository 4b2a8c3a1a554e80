/** `linkonce why`: whether a start would run from its image, or the reason and what helps. */
import path from 'node:path';
import type { Command } from 'commander';
import { rootOption } from './root-option.ts';
import { chooseSystem } from './system-choice.ts';

interface WhyOptions {
  readonly store?: string;
  readonly system: string;
  readonly json?: boolean;
}

export function registerWhy(program: Command): void {
  program
    .command('why')
    .summary('say whether a start runs from its image, or why not')
    .description(
      'Say whether a launcher would run from its image here and now, for this user, with this environment and these limits; ' +
        'or why not, and what helps. Of a program the launcher of the store is asked, or else that of `run`. Nothing is ' +
        'started. Exit status 1 where it would not run from an image.',
    )
    .argument('<program>', 'a launcher, or name or path of an ELF program')
    .argument('[args...]', 'its arguments, which make no difference')
    .option('--store <dir>', 'the store (default: /var/lib/linkonce, or $XDG_DATA_HOME/linkonce for a user)')
    .option(...rootOption)
    .option('-s, --system <id[:variant]>', 'which system of the launchers of `run`', 'image')
    .option('--json', 'print JSON')
    .passThroughOptions()
    .action(async (name: string, _: readonly string[], options: WhyOptions, command: Command) => {
      const choice = await chooseSystem(options.system, command);
      const { defaultStore } = await import('../store/folder.ts');
      const { namedFile } = await import('./find-launcher.ts');
      const { examineStart } = await import('./examine-start.ts');
      const { whyJson, whyText } = await import('./why-text.ts');
      const named = { name, file: namedFile(name) };
      const store = options.store === undefined ? defaultStore() : path.resolve(options.store);
      const examined = examineStart(named.file, { store, choice });
      process.stdout.write(options.json ? whyJson(named, examined) : whyText(named, examined));
      if (examined.verdict.outcome !== 'image') process.exitCode = 1;
    });
}
