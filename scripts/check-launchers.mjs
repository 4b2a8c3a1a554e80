/**
 * Binds programs of /usr/bin and starts them with --version: natively twice (what differs then is the program's own
 * chance), and by the launcher. Prints what is not the same, and counts; exit status 1 where a launcher differs or hands
 * over. Reads the built tool: first `npm run build`.
 *
 *     node scripts/check-launchers.mjs [COUNT [SEED]]     COUNT programs (default 100), chosen by SEED (default 1)
 *
 * Programs that act on the machine even so are left out, and so are those with raised privileges.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bindProgram } from '../dist/src/pipeline.js';
import { loadProgram } from '../dist/src/program/load-program.js';
import { findSystem } from '../dist/src/systems/registry.js';
import { LinkonceError } from '../dist/src/util/errors.js';

const [count = 100, seed = 1] = process.argv.slice(2).map(Number);
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

function outcome(file) {
  const settings = { cwd: folder, timeout: 10_000, input: '', env: environment };
  const { stdout, stderr, status, signal } = spawnSync(file, ['--version'], settings);
  return JSON.stringify([String(stdout), String(stderr), status, signal]);
}

async function check(file) {
  const output = path.join(folder, 'launcher');
  const request = { system: findSystem('image'), variant: 'single', output, asInterpreter: false };
  try {
    await bindProgram(file, request, () => undefined);
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    console.log(`${file}: refused: ${error.message}`);
    return 'refused';
  }
  const [first, second, bound] = [outcome(file), outcome(file), outcome(output)];
  if (first !== second) return 'differs natively too';
  if (first === bound) return 'same';
  console.log(`${file}: natively ${first}, by its launcher ${bound}`);
  return 'different';
}

try {
  for (const file of choose()) counts[await check(file)]++;
} finally {
  rmSync(folder, { recursive: true });
}
console.log(
  Object.entries(counts)
    .map(([what, number]) => `${number} ${what}`)
    .join(', '),
);
process.exitCode = counts.different > 0 ? 1 : 0;
