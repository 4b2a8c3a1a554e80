/** `linkonce explain`: what every word that the dynamic linker wrote is made of. */
import type { Command } from 'commander';
import { linkerVariables } from '../program/environment.ts';
import type { Explained } from '../provenance/explained.ts';
import { wordPlace } from './options.ts';
import { withProgress } from './progress.ts';

interface ExplainOptions {
  readonly at?: ReturnType<typeof wordPlace>;
  readonly json?: boolean;
}

export function registerExplain(program: Command): void {
  program
    .command('explain')
    .summary('say what the words that the dynamic linker wrote are made of')
    .description('Capture a program and count the words that its dynamic linker wrote, by module and kind.')
    .argument('<program>', 'name or path of an ELF program')
    .argument('[args...]', 'taken and not used: the dynamic linker does not read them')
    .option(
      '--at <address>',
      "explain one word: MODULE+OFFSET, or an address of the program's own file",
      wordPlace,
    )
    .option('--json', 'print JSON')
    .passThroughOptions()
    .action(async (name: string, _args: readonly string[], options: ExplainOptions) => {
      const { explainProgram } = await import('../pipeline.ts');
      const explained = await withProgress((onProgress) =>
        explainProgram(name, onProgress, linkerVariables(process.env)),
      );
      process.stdout.write(await render(explained, options));
    });
}

async function render(explained: Explained, { at, json = false }: ExplainOptions): Promise<string> {
  if (at === undefined) {
    const { explanationTable, explanationCounts } = await import('./explain-counts.ts');
    return json ? toJson(explanationCounts(explained)) : explanationTable(explained);
  }
  const { explainWord, describeWord } = await import('./explain-word.ts');
  const word = explainWord(explained, at);
  return json ? toJson(word) : describeWord(word);
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
