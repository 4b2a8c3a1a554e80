/**
 * Binds programs of /usr/bin and starts them with --version and with --help: natively twice (what differs then is the
 * program's own chance), and by the launcher. Prints what is not the same, and counts; exit status 1 where a launcher differs or
 * hands over. Reads the built tool: first `npm run build`.
 *
 *     node scripts/check-launchers.mjs [COUNT [SEED [store]]]     COUNT programs (default 100), chosen by SEED (default 1)
 *
 * `store`: all of them in one store, in place of a launcher of its own for each. Programs that act on the machine even so are
 * left out, and so are those with raised privileges.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bindProgram } from '../dist/src/pipeline.js';
import { loadProgram } from '../dist/src/program/load-program.js';
import { findSystem } from '../dist/src/systems/registry.js';
import { LinkonceError } from '../dist/src/util/errors.js';

const [count = 100, seed = 1] = process.argv.slice(2, 4).map(Number);
const inStore = process.argv[4] === 'store';
const tool = new URL('../dist/src/cli/main.js', import.meta.url).pathname;
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-launchers-'));
const environment = { PATH: '/usr/bin:/bin', HOME: folder, LINKONCE_DEBUG: '1' };
const leftOut =
  /^(systemctl|reboot|halt|shutdown|poweroff|login|screen|Xvfb|startx|apt|dpkg-|journalctl|machinectl)/;
const counts = { same: 0, 'differs natively too': 0, refused: 0, different: 0 };

/** A linear congruential generator: the same seed chooses the same programs. */
function* random(state) {
  for (;;) yield (state = (state * 1103515245 + 12345) % 2 ** 31);
}

function choose() {
  const order = random(seed);
  return readdirSync('/usr/bin')
    .filter((name) => !leftOut.test(name))
    .map((name) => ({ file: path.join('/usr/bin', name), rank: order.next().value }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ file }) => file)
    .filter(isProgram)
    .slice(0, count);
}

function isProgram(file) {
  try {
    return loadProgram(file) !== undefined;
  } catch (error) {
    if (error instanceof LinkonceError) return false;
    throw error;
  }
}

function outcome(file, argument) {
  const settings = { cwd: folder, timeout: 600_000, input: '', env: environment, maxBuffer: 1 << 26 };
  const { stdout, stderr, status, signal } = spawnSync(file, [argument], settings);
  return JSON.stringify([String(stdout), String(stderr), status, signal]);
}

/** Answers the launcher; undefined where the program is refused. */
async function bind(file) {
  const output = path.join(folder, path.basename(file));
  const request = { system: findSystem('image'), variant: 'single', output, asInterpreter: false };
  try {
    await bindProgram(file, request, () => undefined);
    return output;
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    console.log(`${file}: refused: ${error.message}`);
    return undefined;
  }
}

/** All in one store; answers how to find a program's launcher there. */
function bindInStore(files) {
  const store = path.join(folder, 'store');
  const { stdout, stderr } = spawnSync(process.execPath, [tool, 'store', 'add', '--store', store, ...files], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  console.log(stdout + stderr);
  const launchers = new Set(readdirSync(path.join(store, 'bin')));
  return (file) =>
    launchers.has(path.basename(file)) ? path.join(store, 'bin', path.basename(file)) : undefined;
}

/** The launcher's word of whether it hands over stands on stderr, and would be a difference. */
function check(file, launcher, argument) {
  if (launcher === undefined) return 'refused';
  const [first, second, bound] = [
    outcome(file, argument),
    outcome(file, argument),
    outcome(launcher, argument),
  ];
  if (first === second && first === bound) return 'same';
  const handedOver = bound.includes('handed over');
  if (first !== second && !handedOver) return 'differs natively too';
  console.log(`${file} ${argument}: natively ${first.slice(0, 600)}, by its launcher ${bound.slice(0, 600)}`);
  return 'different';
}

try {
  const files = choose();
  const launcherOf = inStore ? bindInStore(files) : bind;
  for (const file of files) {
    const launcher = await launcherOf(file);
    for (const argument of ['--version', '--help']) counts[check(file, launcher, argument)]++;
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(
  Object.entries(counts)
    .map(([what, number]) => `${number} ${what}`)
    .join(', '),
);
process.exitCode = counts.different > 0 ? 1 : 0;
