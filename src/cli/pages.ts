/** `linkonce pages`: which pages of a running process are its own, and why. */
import type { Command } from 'commander';
import { positiveInteger } from './options.ts';

interface PagesOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

export function registerPages(program: Command): void {
  program
    .command('pages')
    .summary('say which pages of a running process are private, and why')
    .description(
      'Show for each mapping of a running process how many of its pages are private, and who wrote them: the ' +
        'dynamic linker, the loader of an image, or the program. The process runs on.',
    )
    .argument('<pid>', 'process id', positiveInteger)
    .option('--all', 'also show mappings without private pages')
    .option('--json', 'print JSON')
    .action(async (pid: number, { all = false, json = false }: PagesOptions) => {
      const { explainPages } = await import('../pages/explain-pages.ts');
      const { pagesJson, pagesText } = await import('./pages-text.ts');
      const report = explainPages(pid);
      process.stdout.write(json ? pagesJson(report) : pagesText(report, all));
    });
}
