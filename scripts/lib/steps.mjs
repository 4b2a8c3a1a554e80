/** The parts of a build: what a step is, when it is stale, and the lock that keeps two builds apart. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  fchmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} inputs files and folders that it reads
 * @property {string[]} outputs files that must be there when it is done
 * @property {() => void | Promise<void>} run throws BuildError
 */

/** A step that failed, with what its compiler said. */
export class BuildError extends Error {}

/** Runs a step if an input is newer than its last success, or an output is missing. @param {Step} step */
export async function runIfStale({ name, inputs, outputs, run }) {
  const stamp = `build/stamps/${name}`;
  const begun = new Date();
  const last = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  if (outputs.every((output) => existsSync(output)) && inputs.every((input) => newest(input) <= last)) return;
  for (const output of outputs) mkdirSync(dirname(output), { recursive: true });
  await run();
  mkdirSync('build/stamps', { recursive: true });
  writeFileSync(stamp, '');
  // An input that changed while the step ran counts as newer.
  utimesSync(stamp, begun, begun);
}

/** The latest modification below a path, in ms; a folder's own tells of removed files. @param {string} path */
function newest(path) {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.mtimeMs;
  const below = readdirSync(path).map((name) => newest(join(path, name)));
  return Math.max(status.mtimeMs, ...below);
}

/** Runs a compiler; its messages are the error. @param {string} command @param {string[]} args */
export function compile(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw new BuildError(`${command}: ${error.message}`);
  if (status !== 0) throw new BuildError(`${stdout}${stderr}`.trim() || `${command} failed`);
}

/**
 * Waits for any other build of this checkout. The lock belongs to the open file, which flock(1) inherits: it ends with
 * this process, however that ends.
 */
export function lock() {
  mkdirSync('build', { recursive: true });
  // Whoever can open a file can lock it.
  const file = openSync('build/lock', 'w', 0o600);
  fchmodSync(file, 0o600);
  const { error, status } = spawnSync('flock', ['3'], { stdio: ['ignore', 'ignore', 'inherit', file] });
  if (error !== undefined || status !== 0) throw new BuildError('flock (of util-linux) is needed to build');
}
