/**
 * What the private pages of processes compress to: `node bench/zram.mjs [PROCESSES]` as root, after `npm run build`. Processes stand
 * at their entry, under ld.so, image and rebase-page-in; their pages are pushed out to a zram swap of our own, which is undone.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tracee } from '../dist/src/capture/ptrace.js';
import { bringToMoment } from '../dist/src/measure/moment.js';
import { readProcessMemory } from '../dist/src/measure/process-memory.js';
import { servePlaces } from '../dist/src/pagein/serve-places.js';
import { openProgram } from '../dist/src/pipeline.js';
import { findProgram } from '../dist/src/program/find-program.js';
import { buildVariant, variantOf } from '../dist/src/systems/build-variant.js';
import { findSystem } from '../dist/src/systems/registry.js';
import { valueOf } from '../dist/src/util/outcome.js';

const processes = Number(process.argv[2] ?? 8);
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/proc/nonexistent' };
const names = ['git', 'sqlite3', 'python3', 'gdalinfo', 'ffmpeg'].filter((name) =>
  existsSync(`/usr/bin/${name}`),
);
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-zram-'));
const control = '/sys/class/zram-control';
const quiet = { stdio: ['ignore', 'pipe', 'pipe'] };

/** A zram device that nobody else has, as the only swap that takes our pages. Throws with one line where that is forbidden. */
function createSwap() {
  try {
    if (!existsSync(control)) execFileSync('modprobe', ['zram'], quiet);
    const number = readFileSync(path.join(control, 'hot_add'), 'utf8').trim();
    const swap = { number, device: `/dev/zram${number}`, about: `/sys/block/zram${number}` };
    try {
      writeFileSync(path.join(swap.about, 'disksize'), String(1 << 30));
      execFileSync('mkswap', [swap.device], quiet);
      execFileSync('swapon', ['--priority', '32767', swap.device], quiet);
      return swap;
    } catch (error) {
      removeSwap(swap);
      throw error;
    }
  } catch (error) {
    throw new Error(`this machine forbids a zram swap: ${String(error.message).split('\n', 1)[0]}`, {
      cause: error,
    });
  }
}

function removeSwap({ number, device, about }) {
  if (readFileSync('/proc/swaps', 'utf8').includes(`${device} `)) execFileSync('swapoff', [device]);
  writeFileSync(path.join(about, 'reset'), '1');
  writeFileSync(path.join(control, 'hot_remove'), number);
}

/** Linux, admin-guide/blockdev/zram.rst: bytes that were stored, what they were compressed to, what that takes; pages of one word. */
function readState({ about }) {
  const [stored, compressed, used, , , same] = readFileSync(path.join(about, 'mm_stat'), 'utf8')
    .trim()
    .split(/\s+/)
    .map(Number);
  return { stored, compressed, used, same };
}

async function build(id, variant, subjects) {
  const home = path.join(folder, id);
  mkdirSync(home);
  const outputs = names.map((name) => path.join(home, name));
  const request = { outputs, folder: path.join(home, 'files'), asInterpreter: false };
  const outcomes = await buildVariant(variantOf(findSystem(id), variant), subjects, request);
  return outcomes.map(valueOf);
}

/** Processes of one program at their entry: what they have, and what becomes of it. */
async function measure(swap, name, file, entry) {
  const tracees = [];
  try {
    for (let index = 0; index < processes; index++)
      tracees.push(Tracee.start({ file, argv: [name, '--version'], environment, quiet: true }));
    const departures = tracees.map((tracee) => ({ tracee, ...(entry !== undefined && { entry }) }));
    const travellers = await bringToMoment(departures, { moment: 'entry', limitMs: 30_000 });
    for (const { state, executedAnother } of travellers)
      if (state !== 'reached' || executedAnother) throw new Error(`${file}: did not come to its entry`);
    const privateKb = tracees.reduce((sum, { pid }) => sum + readProcessMemory(pid).privateKb, 0);
    const before = readState(swap);
    execFileSync(
      path.join(folder, 'page-out'),
      tracees.map(({ pid }) => String(pid)),
    );
    const after = readState(swap);
    const each = (bytes) => bytes / 1024 / processes;
    return {
      privateKb: privateKb / processes,
      storedKb: each(after.stored - before.stored),
      compressedKb: each(after.compressed - before.compressed),
      usedKb: each(after.used - before.used),
      same: (after.same - before.same) / processes,
    };
  } finally {
    for (const tracee of tracees) tracee.end();
  }
}

/** An executable of fixed addresses stays at them. */
const fixedBelow = 2 ** 32;
const placed = (entry) => (entry < fixedBelow ? entry : entry + Number(served.counts()[0].slide));

let swap;
let served;
try {
  swap = createSwap();
  execFileSync('cc', [
    '-O1',
    '-o',
    path.join(folder, 'page-out'),
    fileURLToPath(new URL('page-out.c', import.meta.url)),
  ]);
  const subjects = names.map((name) => openProgram(findProgram(name, environment.PATH), () => undefined));
  const single = await build('image', 'single', subjects);
  const paged = await build('rebase-page-in', 'whole', subjects);
  served = await servePlaces(paged[0].places, console.error);
  console.log(`${processes} processes of each at their entry; kB of one process`);
  for (const [index, name] of names.entries())
    for (const [system, file, entry] of [
      ['ld.so', findProgram(name, environment.PATH)],
      ['image', single[index].file, single[index].entry],
      ['rebase-page-in', paged[index].file, placed(paged[index].entry)],
    ]) {
      const { privateKb, storedKb, compressedKb, usedKb, same } = await measure(swap, name, file, entry);
      const ratio = (storedKb / compressedKb).toFixed(1);
      console.log(
        `${name.padEnd(9)} ${system.padEnd(15)} private ${privateKb.toFixed(0).padStart(6)}  pushed out ${storedKb.toFixed(0).padStart(6)}, ${same.toFixed(0)} pages of one word  compressed ${compressedKb.toFixed(0).padStart(5)} (${ratio}×)  takes ${usedKb.toFixed(0)}`,
      );
    }
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
} finally {
  await served?.server.stop();
  if (swap) removeSwap(swap);
  rmSync(folder, { recursive: true });
}
