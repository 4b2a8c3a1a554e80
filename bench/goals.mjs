/**
 * The goals for start-up, memory and bind time, measured in one run on this machine: `node bench/goals.mjs [ROUNDS]`.
 * Programs that are not installed are left out and named. Prints one line a goal: the figure with its interval, the goal,
 * and whether it was met.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { performance } from 'node:perf_hooks';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { weighProcesses } from '../dist/src/measure/memory.js';
import { estimateMedian, estimateRatio, median } from '../dist/src/measure/statistics.js';
import { timeCommands } from '../dist/src/measure/stopwatch.js';
import { findProgram as find } from '../dist/src/program/find-program.js';

const rounds = Number(process.argv[2] ?? 40);
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-goals-'));
const findProgram = (name) => find(name, environment.PATH);
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/proc/nonexistent' };

/** Start-up against ld.so: program, argument, goal. */
const startUps = [
  ['ffmpeg', '-version', 5],
  ['gdalinfo', '--version', 4],
  ['sqlite3', '--version', 1.7],
  ['git', '--version', 1.5],
];
const binds = { git: [1000, 1.5], ffmpeg: [8000, 1.5] };
const endless = ['-nostdin', '-re', '-f', 'lavfi', '-i', 'testsrc=r=1', '-f', 'null', '-'];

const row = (what, figure, goal, met) =>
  console.log(`${what.padEnd(44)} ${figure.padStart(24)}  goal ${goal.padEnd(10)} ${met ? 'met' : 'MISSED'}`);
const range = ({ median: m, low, high }, digits = 2) =>
  `${m.toFixed(digits)} [${low.toFixed(digits)}–${high.toFixed(digits)}]`;
const command = (file, argument) => ({ file, argv: [file, argument], environment });

/** Binds under GNU time's eye: wall time in ms and peak memory in GiB. */
function bind(name) {
  const output = path.join(directory, name);
  const begun = performance.now();
  const { stderr, status } = spawnSync(
    process.execPath,
    [path.join(root, 'dist/src/cli/main.js'), 'bind', '-o', output, name],
    { env: { ...process.env, NODE_OPTIONS: `--import=${new URL('./peak-memory.mjs', import.meta.url)}` } },
  );
  if (status !== 0) throw new Error(String(stderr));
  const peak = Number(/peak (\d+)/.exec(String(stderr))?.[1] ?? NaN) / 1024 / 1024;
  return { output, ms: performance.now() - begun, gib: peak };
}

async function startUp(hello) {
  const missing = startUps.filter(([name]) => spawnSync('which', [name]).status !== 0).map(([name]) => name);
  if (missing.length > 0) console.log(`not installed, left out: ${missing.join(', ')}`);
  for (const [name, argument, goal] of startUps.filter(([each]) => !missing.includes(each))) {
    const bound = bind(name);
    const commands = [command(findProgram(name), argument), command(bound.output, argument), command(hello)];
    const times = await timeCommands(commands, { warmUpRounds: 3, rounds, limitMs: 30_000 });
    const [stock, image, still] = times.map(({ counted }) => counted.map((run) => run.ns / 1e6));
    const faster = estimateRatio(stock, image);
    row(`${name} ${argument}: times faster than ld.so`, range(faster), `≥ ${goal}`, faster.median >= goal);
    console.log(`    ms: ld.so ${range(estimateMedian(stock))}, image ${range(estimateMedian(image))}`);
    if (name === 'git') {
      const ratio = estimateRatio(image, still);
      row('git: a static C program times', range(ratio), '≤ 1.25', ratio.median <= 1.25);
    }
    if (binds[name]) {
      row(`${name}: bind, ms`, bound.ms.toFixed(0), `≤ ${binds[name][0]}`, bound.ms <= binds[name][0]);
      row(
        `${name}: bind, peak GiB`,
        bound.gib.toFixed(2),
        `≤ ${binds[name][1]}`,
        bound.gib <= binds[name][1],
      );
    }
    if (name === 'ffmpeg') await privateMemory(bound.output);
  }
}

/** A running ffmpeg, two seconds after its start. */
async function privateMemory(bound) {
  const weigh = async (file) => {
    const command = { file, argv: [file, ...endless], environment };
    const { weights } = await weighProcesses([{ command, program: file, processes: 1 }], {
      moment: 2,
      limitMs: 30_000,
    });
    return median(weights[0].processes.map((each) => each.privateKb));
  };
  const [stock, image] = [await weigh(findProgram('ffmpeg')), await weigh(bound)];
  const share = (100 * image) / stock;
  row(`ffmpeg running: private ${image} of ${stock} kB`, `${share.toFixed(1)} %`, '≤ 30 %', share <= 30);
}

try {
  const hello = path.join(directory, 'hello');
  execFileSync('cc', ['-O2', '-static', '-o', hello, path.join(root, 'bench/hello.c')]);
  await startUp(hello);
} finally {
  rmSync(directory, { recursive: true });
}
