/** `linkonce man`: the manual page, where npm has not put it among the system's. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { LinkonceError } from '../util/errors.ts';
import { packageRoot } from '../util/native.ts';

export function registerMan(program: Command): void {
  program
    .command('man')
    .summary('show the manual page')
    .description('Show the manual page of linkonce by man(1).')
    .option('--path', 'print where the page is')
    .action(({ path: onlyPath }: { readonly path?: boolean }) => {
      const page = pageFile();
      if (onlyPath) process.stdout.write(`${page}\n`);
      else show(page);
    });
}

function pageFile(): string {
  const page = path.join(packageRoot(), 'docs', 'man', 'linkonce.1');
  if (!existsSync(page)) throw new LinkonceError(`${page}: the manual page is not there`);
  return page;
}

/** Its pager and its complaints are man's own. */
function show(page: string): void {
  const { error, status } = spawnSync('man', [page], { stdio: 'inherit' });
  if (error !== undefined) throw new LinkonceError(`there is no man(1) here; the page is ${page}`);
  process.exitCode = status ?? 1;
}
