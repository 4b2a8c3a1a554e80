/**
 * `npm start`: compares the systems on a program that is there and writes linkonce-report.html. With arguments it is
 * `./linkonce` itself: `npm start -- compare PROGRAM ARGS…`.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Programs that most machines have, with arguments that make them end at once. */
const subjects = [
  ['git', '--version'],
  ['perl', '-v'],
  ['bash', '--version'],
];

/** @param {string} name */
function isInstalled(name) {
  return (process.env.PATH ?? '').split(':').some((folder) => isExecutable(join(folder, name)));
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function mainJob() {
  const subject = subjects.find(([name]) => isInstalled(name)) ?? ['ls', '--version'];
  return ['compare', '--html', 'linkonce-report.html', ...subject];
}

const given = process.argv.slice(2);
const linkonce = fileURLToPath(new URL('../linkonce', import.meta.url));
const { status } = spawnSync(linkonce, given.length > 0 ? given : mainJob(), {
  stdio: 'inherit',
  // npm changes to the package's folder; paths that a person types are relative to theirs.
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
process.exitCode = status ?? 1;
