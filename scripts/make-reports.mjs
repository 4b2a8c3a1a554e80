/**
 * Makes the reports of docs/reports/ again, and fills the figures of the documents from them: `npm run reports [-- OPTIONS]`. The
 * options are those of `compare`, as `--runs 40`. About five minutes; programs that are not installed end it with their name.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const programs = ['git --version', 'sqlite3 --version', '/usr/bin/python3 -c pass', 'ffmpeg -version'];
const files = ['json', 'csv', 'markdown'].flatMap((kind) => [
  `--${kind}`,
  `docs/reports/everyday.${kind === 'markdown' ? 'md' : kind}`,
]);
const settings = ['--runs', '15', '--counts', '1,4,16', ...(mayHaveZram() ? ['--zram'] : [])];

/** Whether compressed swap is there: a machine without it makes all else of the reports. */
function mayHaveZram() {
  try {
    accessSync('/sys/class/zram-control/hot_add', constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} command @param {readonly string[]} args */
function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const lines = programs.flatMap((line) => ['--program', line]);
run('./linkonce', ['compare', ...settings, ...process.argv.slice(2), ...files, ...lines]);
// Nothing of the files in memory before each start, which only root can ask for.
const cold = ['got-plt:lazy', 'prelink', 'image:data', 'image:merged', 'rebase-page-in:whole', 'import-page'];
run('./linkonce', [
  'compare',
  '--cold',
  '--no-calls',
  '--counts',
  '1',
  '--systems',
  cold.join(','),
  '--json',
  'docs/reports/cold.json',
  ...lines,
]);
// The page has the growth lab beside it; `linkonce scale --json docs/reports/scale.json` makes that again.
const both = ['docs/reports/everyday.json', 'docs/reports/scale.json'];
run('./linkonce', ['report', '--html', 'docs/reports/everyday.html', ...both]);
run(process.execPath, ['scripts/make-pictures.mjs']);
run(process.execPath, ['scripts/fill-figures.mjs']);
