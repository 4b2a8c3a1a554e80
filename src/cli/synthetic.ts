/** `linkonce synthetic`: compiles a set of modules of which everything is known, for the other commands to work on. */
import { Option, type Command } from 'commander';
import { defaultDescription, shapes, type SetDescription } from '../synthetic/description.ts';
import { positiveInteger, wholeNumber } from './options.ts';

type SyntheticOptions = Pick<
  SetDescription,
  'modules' | 'functions' | 'imports' | 'shape' | 'seed' | 'writableData' | 'plt' | 'lazy'
>;

export function registerSynthetic(program: Command): void {
  const { modules, functions, imports, shape, seed } = defaultDescription;
  program
    .command('synthetic')
    .summary('compile a set of modules, for measurements')
    .description(
      'Compile an executable and shared libraries that use one another as told, unless they are compiled already, and ' +
        "print the executable's path. It calls into every module, uses every import, and prints a checksum.",
    )
    .option('--modules <n>', 'shared libraries', positiveInteger, modules)
    .option('--functions <n>', 'exported functions of each', positiveInteger, functions)
    .option('--imports <n>', 'imports of each that uses another', positiveInteger, imports)
    .addOption(new Option('--shape <shape>', 'which modules use which').choices(shapes).default(shape))
    .option('--seed <n>', 'draws the random shape, and what is imported', wholeNumber, seed)
    .option('--writable-data', 'a variable in each module (default: nothing writable after RELRO)', false)
    .option('--no-plt', 'calls through GOT slots at the call site, not through PLT slots')
    .option('--lazy', 'PLT slots are bound at their first call (default: at start-up)', false)
    .action(async (options: SyntheticOptions) => {
      const { buildSet } = await import('../synthetic/build-set.ts');
      const { executable } = await buildSet({ ...defaultDescription, ...options });
      process.stdout.write(`${executable}\n`);
    });
}
