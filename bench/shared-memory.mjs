/**
 * What the default costs in memory: the proportional set size (PSS of smaps_rollup, kB) of 1, 4 and 16 processes alive at once, under
 * ld.so and bound as `bind` does it without options; of a browser that of all its processes. `node bench/shared-memory.mjs
 * [PROGRAM...]`. A process is weighed once it rests: all of its tree sleep, and their PSS has not changed for a second.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../dist/src/program/find-program.js';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-shared-'));
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin', HOME: folder, DISPLAY: ':97' };
const counts = [1, 4, 16];
const restMs = 1000;
const limitMs = 10_000;

const page = 'data:text/html,<h1>page</h1><script>document.title="x".repeat(9)</script>';

/** `args(k)`: of the k-th process. They live until their input ends, or they are ended. */
const programs = {
  git: { file: 'git', args: () => ['-C', root, 'cat-file', '--batch'] },
  sqlite3: { file: 'sqlite3', args: () => [] },
  python3: { file: '/usr/bin/python3', args: () => ['-c', 'import json, re, sys; sys.stdin.read()'] },
  ffmpeg: {
    file: 'ffmpeg',
    args: () => ['-nostdin', '-re', '-f', 'lavfi', '-i', 'testsrc=r=1:s=64x64', '-f', 'null', '-'],
    rests: false,
  },
  redis: {
    file: 'redis-server',
    args: (k) => ['--port', '0', '--unixsocket', `${folder}/redis-${k}.sock`, '--save', '', '--dir', folder],
    rests: false,
  },
  nginx: { file: 'nginx', args: () => ['-p', folder, '-e', 'stderr', '-c', nginxFile()] },
  'gtk3-demo': { file: 'gtk3-demo', args: () => [], display: true },
  chromium: {
    file: '/usr/lib/chromium/chromium',
    args: (k) => [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'],
      ...[`--user-data-dir=${folder}/profile-${k}-${Math.random()}`, page],
    ],
    counts: [1],
    rests: false,
    learn: true,
  },
};

/** Each server has a socket and a file of its own. */
function nginxFile() {
  const name = path.join(folder, `nginx-${Math.random()}`);
  const server = `server { listen unix:${name}.sock; }`;
  writeFileSync(
    name,
    `daemon off; worker_processes 1; error_log stderr; pid ${name}.pid; events {} http { access_log off; ${server} }`,
  );
  return name;
}

function treeOf(pid) {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean),
    );
    return [pid, ...children.flatMap((child) => treeOf(Number(child)))];
  } catch {
    return [];
  }
}

function field(pid, file, name) {
  try {
    return new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** PSS of all, and whether all sleep. */
function weigh(pids) {
  const all = pids.flatMap(treeOf);
  const pss = all.reduce((sum, pid) => sum + Number(field(pid, 'smaps_rollup', 'Pss') ?? 0), 0);
  const memory = all.reduce((sum, pid) => sum + Number(field(pid, 'smaps_rollup', 'Private_Dirty') ?? 0), 0);
  return {
    pss,
    private: memory,
    rests: all.every((pid) => field(pid, 'status', 'State') === 'S'),
    processes: all.length,
  };
}

/** A program that never rests is weighed after five seconds. */
async function rested(pids, rests) {
  if (rests === false) {
    await pause(5000);
    return weigh(pids);
  }
  const deadline = performance.now() + limitMs;
  let last = weigh(pids);
  for (let since = performance.now(); performance.now() < deadline;) {
    await pause(100);
    const now = weigh(pids);
    if (!now.rests || now.pss !== last.pss) since = performance.now();
    last = now;
    if (performance.now() - since > restMs) return now;
  }
  return last;
}

async function measure(file, argv0, { args, rests }, count) {
  const children = Array.from({ length: count }, (_, k) =>
    spawn(file, args(k), { argv0, env: environment, stdio: ['pipe', 'ignore', 'ignore'], cwd: folder }),
  );
  const ended = children.map((child) => new Promise((done) => child.once('exit', done)));
  await Promise.all(
    children.map((child) => new Promise((done, fail) => child.once('spawn', done).once('error', fail))),
  );
  const weight = await rested(
    children.map(({ pid }) => pid),
    rests,
  );
  // Parents first: a master process starts another worker for one that is killed.
  const left = children.flatMap(({ pid }) => treeOf(pid));
  for (const pid of left)
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  await Promise.all(ended);
  return weight;
}

function bind(name, program) {
  const output = path.join(folder, name);
  const learn = program.display ? ['--learn', ''] : [];
  const args = [
    path.join(root, 'dist/src/cli/main.js'),
    'bind',
    ...learn,
    '--learn-seconds',
    '5',
    '-o',
    output,
    program.file,
  ];
  const { status, stderr } = spawnSync(process.execPath, args, {
    env: { ...process.env, ...environment, PATH: process.env.PATH },
  });
  if (status !== 0) throw new Error(String(stderr));
  return output;
}

async function compare(name) {
  const program = programs[name];
  const stock = findProgram(program.file, environment.PATH);
  const bound = bind(name, program);
  for (const count of program.counts ?? counts) {
    const rounds = [];
    for (let round = 0; round < 3; round++)
      rounds.push([await measure(stock, stock, program, count), await measure(bound, stock, program, count)]);
    const middle = (values) => values.sort((a, b) => a - b)[1];
    const pss = [0, 1].map((side) => middle(rounds.map((round) => round[side].pss)));
    const own = [0, 1].map((side) => middle(rounds.map((round) => round[side].private)));
    const ratio = pss[1] / pss[0];
    console.log(
      `${name.padEnd(10)} ${String(count).padStart(2)} (${rounds[0][1].processes} processes)  PSS ${pss[0]} -> ${pss[1]} kB ` +
        `${ratio.toFixed(3)} ${ratio <= 1 ? 'met' : 'MISSED'}  private dirty ${own[0]} -> ${own[1]} kB`,
    );
  }
}

mkdirSync(path.join(folder, 'logs'));
const asked = process.argv.slice(2);
const wanted = asked.length > 0 ? asked : Object.keys(programs);
const display = wanted.includes('gtk3-demo')
  ? spawn('Xvfb', [':97', '-screen', '0', '800x600x24'], { stdio: 'ignore' })
  : undefined;
try {
  for (const name of wanted) {
    if (!findProgram(programs[name].file, environment.PATH)) console.log(`${name}: not installed`);
    else await compare(name);
  }
} finally {
  display?.kill();
  rmSync(folder, { recursive: true, force: true });
}
