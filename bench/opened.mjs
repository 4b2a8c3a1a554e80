/**
 * What it is worth that modules which programs open with dlopen(3) are prepared: each workload is started through ld.so, from its image
 * as it is bound without a record (`bind`), and from one that was bound with the modules that it opens (`bind --learn`), in turn. Prints
 * medians of CPU time, wall time and private memory, and ratios to ld.so's. What stays (a server, a window) is looked at after some
 * seconds and ended; what ends by itself is weighed when it ends. Windows need an X server: DISPLAY, or an Xvfb that is started here.
 *
 *     node bench/opened.mjs [--rounds N] [--only NAME…]
 *
 * Reads the built tool: first `npm run build`. What is not installed is left out.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Tracee } from '../dist/src/capture/ptrace.js';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, only: { type: 'string', multiple: true } },
});
const tool = new URL('../dist/src/cli/main.js', import.meta.url).pathname;
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-opened-'));

const python = 'import ssl, json, ctypes, sqlite3, hashlib, decimal';
const phpModules = 'echo count(get_loaded_extensions());';
/** `stays`: seconds after which it is looked at. */
const workloads = [
  { name: 'gtk3-demo', args: [], stays: 4 },
  { name: 'featherpad', args: ['--standalone'], stays: 4 },
  { name: 'soffice.bin', args: ['--norestore', '--nologo', '--writer'], stays: 12 },
  { name: 'java', args: ['-Xshare:auto', '-version'] },
  { name: 'apache2', args: ['-X', '-f', path.join(folder, 'apache2.conf')], stays: 2 },
  { name: 'python3', args: ['-c', python] },
  { name: 'curl', args: ['-s', 'file:///etc/hostname'] },
  { name: 'perl', args: ['-MPOSIX', '-MSocket', '-MData::Dumper', '-MEncode', '-MList::Util', '-e', '1'] },
  { name: 'php', args: ['-r', phpModules] },
  { name: 'ruby', args: ['-rjson', '-rdigest', '-rsocket', '-ropenssl', '-e', '1'] },
];
/** What Debian's own configuration loads. */
const apacheModules =
  `access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user autoindex deflate dir env
  filter mime mpm_event negotiation proxy proxy_http reqtimeout rewrite setenvif socache_shmcb ssl status headers expires include dav
  cache http2 session userdir vhost_alias`.split(/\s+/);
const apacheFolder = '/usr/lib/apache2/modules';
writeFileSync(
  path.join(folder, 'apache2.conf'),
  [
    `ServerRoot ${folder}`,
    `DefaultRuntimeDir ${folder}`,
    `PidFile ${folder}/apache2.pid`,
    `ErrorLog ${folder}/error.log`,
    'ServerName localhost',
    'User nobody',
    'Group nogroup',
    'Listen 127.0.0.1:8997',
    ...apacheModules
      .filter((each) => existsSync(`${apacheFolder}/mod_${each}.so`))
      .map((each) => `LoadModule ${each}_module ${apacheFolder}/mod_${each}.so`),
    'TypesConfig /etc/mime.types',
    '',
  ].join('\n'),
);
const places = ['/usr/bin', '/usr/sbin', '/usr/lib/libreoffice/program'];
const pathOf = (name) => places.map((each) => path.join(each, name)).find(existsSync);

function bind(name, args, output, learn, seconds) {
  const more = learn
    ? ['--learn', args.map((each) => `'${each}'`).join(' '), '--learn-seconds', String(seconds)]
    : [];
  const { status, stderr } = spawnSync(
    process.execPath,
    [tool, 'bind', pathOf(name), '-o', output, ...more],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
}

const privateOf = (pid) =>
  Number(/Private_Dirty:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);

/** All threads, ms. */
const cpuOf = (pid) =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, each) => sum + each, 0) / 1e6;

async function look(file, { args, stays }) {
  const child = spawn(file, args, { stdio: 'ignore', detached: true });
  await after(stays * 1000);
  const seen = { cpu: cpuOf(child.pid), kB: privateOf(child.pid) };
  process.kill(-child.pid, 'SIGKILL');
  await new Promise((resolve) =>
    child.exitCode === null && child.signalCode === null ? child.once('exit', resolve) : resolve(),
  );
  return seen;
}

function time(file, args) {
  const line = spawnSync(
    'bash',
    ['-c', 'TIMEFORMAT="%R %U %S"; { time "$0" "$@" >/dev/null 2>&1; }', file, ...args],
    {
      encoding: 'utf8',
    },
  ).stderr;
  const [wall, user, system] = line
    .trim()
    .split(' ')
    .map((each) => Number(each) * 1000);
  return { wall, cpu: user + system };
}

/** When it ends, with all of its memory. */
function weigh(file, args) {
  const tracee = Tracee.start({ file, argv: [file, ...args], environment: process.env, quiet: true });
  let kB;
  for (
    let stop = tracee.resume();
    stop.kind !== 'gone';
    stop = tracee.resume(stop.kind === 'signal' ? stop.signal : 0)
  )
    if (stop.kind === 'exit') kB = privateOf(tracee.pid);
  return { kB };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function measure(workload) {
  const { name, args, stays } = workload;
  const files = {
    'ld.so': pathOf(name),
    image: path.join(folder, `${name}.image-only`),
    opened: path.join(folder, name),
  };
  bind(name, args, files.image, false);
  bind(name, args, files.opened, true, stays ? stays + 4 : 20);
  const runs = { 'ld.so': [], image: [], opened: [] };
  for (let round = -1; round < Number(options.rounds); round++)
    for (const [kind, file] of Object.entries(files)) {
      const seen = stays ? await look(file, workload) : { ...time(file, args), ...weigh(file, args) };
      if (round >= 0) runs[kind].push(seen);
    }
  const figure = (kind, what) => median(runs[kind].map((each) => each[what]));
  for (const what of stays ? ['cpu', 'kB'] : ['cpu', 'wall', 'kB']) {
    const [stock, image, opened] = Object.keys(files).map((kind) => figure(kind, what));
    const ratio = (value) => `${value.toFixed(what === 'kB' ? 0 : 1)} (${(value / stock).toFixed(2)})`;
    const unit = what === 'kB' ? 'private kB' : `${what} ms`;
    console.log(
      `${name.padEnd(12)} ${unit.padEnd(11)} ld.so ${stock.toFixed(1).padStart(8)}  image ${ratio(image).padStart(15)}  opened ${ratio(opened).padStart(15)}`,
    );
  }
}

const isWanted = ({ name }) => pathOf(name) && (!options.only || options.only.includes(name));
const wanted = workloads.filter(isWanted);
const display = process.env.DISPLAY
  ? undefined
  : spawn('Xvfb', [':97', '-screen', '0', '1280x800x24'], { stdio: 'ignore' });
if (display) {
  process.env.DISPLAY = ':97';
  while (!existsSync('/tmp/.X11-unix/X97')) await after(50);
}
try {
  for (const workload of wanted)
    await measure(workload).catch((error) => console.log(`${workload.name}: ${error.message}`));
} finally {
  display?.kill();
  rmSync(folder, { recursive: true, force: true });
}
