/**
 * One store for the machine against one for each user: `node bench/users.mjs [USERS...]`, 1, 2 and 4 users where nothing is said; by
 * root. Each user runs each program once, all at the same time, and all wait for their input. Of all together it prints the private memory
 * and the proportional set size (smaps_rollup, kB; median of three rounds), under ld.so, from one store of root, and from a store of each
 * user; and what the stores take on the disk.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const asked = process.argv.slice(2).map(Number);
const counts = asked.length > 0 ? asked : [1, 2, 4];
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-users-'));
const rounds = 3;
const intervalMs = 500;
const limitMs = 60_000;
/** Users that exist nowhere else: their numbers are all that a process needs. */
const firstUser = 61_000;

/** They wait for their input. */
const programs = {
  git: ['/usr/bin/git', '-C', '/', 'hash-object', '--stdin'],
  sqlite3: ['/usr/bin/sqlite3'],
  python3: ['/usr/bin/python3', '-c', 'import json, re, sys; sys.stdin.read()'],
  gdb: ['/usr/bin/gdb', '-nx', '-q'],
  ffmpeg: ['/usr/bin/ffmpeg', '-i', 'pipe:0'],
};
const files = Object.values(programs).map(([file]) => file);
const homeOf = (user) => path.join(folder, `home-${user}`);

function fill(store, files, user) {
  const tool = path.join(root, 'dist/src/cli/main.js');
  const args = [tool, 'store', 'add', '--store', store, ...files];
  const env = { ...process.env, HOME: homeOf(user ?? 0) };
  const { status, stderr } = spawnSync(process.execPath, args, {
    ...{ encoding: 'utf8', env, cwd: folder },
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  if (status !== 0) throw new Error(`${store}: ${stderr}`);
  return Number(spawnSync('du', ['-sk', store], { encoding: 'utf8' }).stdout.split('\t')[0]);
}

/** kB of all processes. @param {number[]} pids @param {string[]} fields */
function weigh(pids, ...fields) {
  const texts = pids.map((pid) => readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  const valueOf = (text, field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)[1]);
  return texts.flatMap((text) => fields.map((field) => valueOf(text, field))).reduce((a, b) => a + b, 0);
}

/** Until all sleep, and their memory is what it was a moment before. */
async function rest(pids) {
  const begun = performance.now();
  const sleeps = (pid) => /^State:\s+S/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  for (let before = -1; performance.now() - begun < limitMs;) {
    const now = weigh(pids, 'Pss');
    if (now === before && pids.every(sleeps)) return;
    before = now;
    await pause(intervalMs);
  }
  throw new Error('the processes come to no rest');
}

/** One process of a program for each of the users. */
async function measureOnce([file, ...args], fileOf, users) {
  const children = users.map((user) =>
    spawn(fileOf(user, file), args, {
      ...{ uid: user, gid: user, argv0: file, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] },
      env: { PATH: '/usr/bin:/bin', HOME: homeOf(user) },
    }),
  );
  const ended = children.map((child) => new Promise((resolve) => void child.once('exit', resolve)));
  try {
    const pids = children.map(({ pid }) => pid);
    await rest(pids);
    return { privateKb: weigh(pids, 'Private_Clean', 'Private_Dirty'), pssKb: weigh(pids, 'Pss') };
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ended);
  }
}

const middle = (numbers) => [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)];

async function measure(name, ways, users) {
  const found = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  for (let round = 0; round < rounds; round++)
    for (const [way, fileOf] of Object.entries(ways))
      found[way].push(await measureOnce(programs[name], fileOf, users));
  return Object.fromEntries(
    Object.entries(found).map(([way, figures]) => [
      way,
      Object.fromEntries(['privateKb', 'pssKb'].map((id) => [id, middle(figures.map((each) => each[id]))])),
    ]),
  );
}

async function main() {
  const users = Array.from({ length: Math.max(...counts) }, (_, k) => firstUser + k);
  chmodSync(folder, 0o755);
  for (const user of [0, ...users]) {
    mkdirSync(homeOf(user));
    chownSync(homeOf(user), user, user);
  }
  const machineStore = path.join(folder, 'machine');
  const storeOf = (user) => path.join(homeOf(user), 'store');
  const ways = {
    'ld.so': (_, file) => file,
    'one store': (_, file) => path.join(machineStore, 'bin', path.basename(file)),
    'a store each': (user, file) => path.join(storeOf(user), 'bin', path.basename(file)),
  };
  const diskKb = { machine: fill(machineStore, files), user: fill(storeOf(users[0]), files, users[0]) };
  for (const user of users.slice(1)) fill(storeOf(user), files, user);
  console.log(`disk: one store ${diskKb.machine} kB, a user's ${diskKb.user} kB`);
  for (const name of Object.keys(programs))
    for (const count of counts) {
      const figures = await measure(name, ways, users.slice(0, count));
      const texts = Object.entries(figures).map(
        ([way, { privateKb, pssKb }]) => `${way}: private ${privateKb}, PSS ${pssKb}`,
      );
      console.log(`${name.padEnd(8)} ${count} users, kB: ${texts.join('; ')}`);
    }
}

try {
  if (process.getuid() !== 0) throw new Error('only root can start processes of several users');
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
