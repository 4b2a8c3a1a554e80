/**
 * What a store saves where many processes live: `node bench/many-processes.mjs [COUNT]`, 500 where nothing is said, of five programs in turn, all of
 * them at rest. Prints the proportional set size and the private memory of all together (smaps_rollup, kB), under ld.so and from a store, how
 * long the store took to make, to list, and to be asked about its processes, and its size.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const count = Number(process.argv[2] ?? 500);
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-processes-'));
const store = path.join(folder, 'store');
const restMs = 1000;
const limitMs = 60_000;

/** They live until their input ends; redis until it is ended. */
const programs = [
  { name: '/usr/bin/git', args: () => ['-C', root, 'cat-file', '--batch'] },
  { name: '/usr/bin/sqlite3', args: () => [] },
  { name: '/usr/bin/python3', args: () => ['-c', 'import json, re, sys; sys.stdin.read()'] },
  { name: '/usr/bin/perl', args: () => ['-e', '<STDIN>'] },
  {
    name: '/usr/bin/redis-server',
    args: (k) => ['--port', '0', '--unixsocket', `${folder}/${k}.sock`, '--save', '', '--dir', folder],
  },
];

function linkonce(...args) {
  const begun = performance.now();
  const tool = path.join(root, 'dist/src/cli/main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [tool, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return { text: stdout, ms: performance.now() - begun };
}

/** kB of all processes. @param {number[]} pids @param {string[]} fields */
function weigh(pids, ...fields) {
  const texts = pids.map((pid) => readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  const valueOf = (text, field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)[1]);
  return texts.flatMap((text) => fields.map((field) => valueOf(text, field))).reduce((a, b) => a + b, 0);
}

/** Waits until their PSS does not change any more. */
async function rest(pids) {
  const begun = performance.now();
  for (let before = -1; performance.now() - begun < limitMs;) {
    const now = weigh(pids, 'Pss');
    if (now === before) return;
    before = now;
    await pause(restMs);
  }
  throw new Error('the processes come to no rest');
}

/** @param {(name: string) => string} fileOf */
async function weighAll(what, fileOf) {
  const children = Array.from({ length: count }, (_, k) => {
    const { name, args } = programs[k % programs.length];
    return spawn(fileOf(name), args(k), { stdio: ['pipe', 'ignore', 'ignore'] });
  });
  const pids = children.map(({ pid }) => pid);
  try {
    await rest(pids);
    const figures = [weigh(pids, 'Pss'), weigh(pids, 'Private_Clean', 'Private_Dirty')];
    const [pss, own] = figures.map((kb) => `${(kb / 1024).toFixed(0)} MB`);
    console.log(`${what.padEnd(10)} ${count} processes: PSS ${pss}, private ${own}`);
    if (what === 'the store') askStore();
  } finally {
    const ended = children.map((child) => new Promise((resolve) => void child.once('exit', resolve)));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ended);
  }
}

function askStore() {
  const { text, ms } = linkonce('store', 'processes', '--store', store, '--all', '--json');
  const { processes } = JSON.parse(text);
  const current = processes.filter((each) => each.current).length;
  console.log(`store processes: ${current} run from it, asked in ${ms.toFixed(0)} ms`);
}

try {
  const added = linkonce('store', 'add', '--store', store, ...programs.map(({ name }) => name));
  const { ms, text } = linkonce('store', 'list', '--store', store, '--json');
  const { disk } = JSON.parse(text);
  const diskKb = disk.sharedKb + disk.imagesKb + disk.recordsKb;
  console.log(
    `store: made in ${added.ms.toFixed(0)} ms, listed in ${ms.toFixed(0)} ms, ${(diskKb / 1024).toFixed(1)} MB`,
  );
  await weighAll('ld.so', (name) => name);
  await weighAll('the store', (name) => path.join(store, 'bin', path.basename(name)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
