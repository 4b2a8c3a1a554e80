/** `linkonce completion`: what a shell needs to complete the command line, made of the commands as they are. */
import { Argument, type Command } from 'commander';
import type { Vocabulary } from './shells/vocabulary.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print the completion of a shell')
    .description(
      'Print a script that completes commands, options, systems and variants. For bash: ' +
        '`source <(linkonce completion bash)` in ~/.bashrc.',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .action(async (shell: Shell) => {
      process.stdout.write(await completionScript(shell, program));
    });
}

async function completionScript(shell: Shell, program: Command): Promise<string> {
  const { toolFacts } = await import('./command-facts.ts');
  const { systemNames } = await import('./shells/vocabulary.ts');
  const { systems } = await import('../systems/registry.ts');
  const vocabulary = { root: toolFacts(program), systems: systemNames(systems) };
  return (await writers[shell]())(vocabulary);
}

const writers: Readonly<Record<Shell, () => Promise<(vocabulary: Vocabulary) => string>>> = {
  bash: async () => (await import('./shells/bash.ts')).bashCompletion,
  zsh: async () => (await import('./shells/zsh.ts')).zshCompletion,
  fish: async () => (await import('./shells/fish.ts')).fishCompletion,
};
