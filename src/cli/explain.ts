/** `linkonce explain`: what every word that the dynamic linker wrote is made of. */
import type { Command } from 'commander';
import { findProgram } from './find-program.ts';
import { address } from './options.ts';
import { withProgress } from './progress.ts';

interface ExplainOptions {
  readonly at?: number;
  readonly json?: boolean;
}

export function registerExplain(program: Command): void {
  program
    .command('explain')
    .summary('say what the words that the dynamic linker wrote are made of')
    .description('Capture a program and count the words that its dynamic linker wrote, by kind and module.')
    .argument('<program>', 'name or path of an ELF program')
    .argument('[args...]', 'ignored: the dynamic linker does not read them')
    .option('--at <address>', 'explain the one word at this address', address)
    .option('--json', 'print JSON')
    .passThroughOptions()
    .action(async (name: string, _args: readonly string[], options: ExplainOptions) => {
      const file = findProgram(name);
      const { explainProgram } = await import('../pipeline.ts');
      const explained = await withProgress((onProgress) => explainProgram(file, onProgress));
      void options;
      void explained;
    });
}
