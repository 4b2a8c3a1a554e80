/**
 * The goals of a store of many programs, measured in one run on this machine: `node bench/store.mjs [ROUNDS] [SET|PROGRAM…]`, where a
 * set is `forty` or `eighty` (the default). Programs that are not installed are left out and named. As root it also replaces libraries, in
 * a mount namespace of its own. Prints one line a goal: the figure with its interval, the goal, and whether it was met.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { weighProcesses } from '../dist/src/measure/memory.js';
import { estimateMedian, estimateRatio } from '../dist/src/measure/statistics.js';
import { timeCommands } from '../dist/src/measure/stopwatch.js';
import { findProgram } from '../dist/src/program/find-program.js';

const rounds = Number(process.argv[2] ?? 40);
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const main = path.join(root, 'dist/src/cli/main.js');
const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-many-'));
const store = path.join(directory, 'store');
const environment = { PATH: '/usr/local/bin:/usr/bin:/usr/sbin:/bin', HOME: directory };

const forty =
  'git perl python3 gdb curl wget gpg ssh cmake ffmpeg ffprobe ffplay gdalinfo gdal_translate gdalwarp gdaladdo ' +
  'gdalbuildvrt gdal_contour gdaldem gdal_grid gdallocationinfo gdal_rasterize gdalsrsinfo gdaltindex gdaltransform ' +
  'ogr2ogr ogrinfo vim tmux bash sed tar make openssl xz rsync java node gcc sqlite3';
const gcc = '/usr/lib/gcc/x86_64-linux-gnu/12';
const eighty =
  'git perl /usr/bin/python3 gdb curl wget gpg ssh cmake ctest ffmpeg ffprobe ffplay vim tmux bash sed tar make openssl xz java node gcc ' +
  'sqlite3 redis-server nginx php ruby gtk3-demo gtk3-widget-factory Xvfb /usr/lib/chromium/chromium ' +
  `/usr/lib/libreoffice/program/soffice.bin /usr/lib/llvm-14/bin/clang /usr/lib/llvm-14/bin/opt ${gcc}/cc1 ${gcc}/cc1plus ${gcc}/lto1 ` +
  'llvm-symbolizer as ld objdump readelf ar appstreamcli featherpad wish tclsh perf bpftrace strace apt dpkg systemctl journalctl busctl ' +
  'loginctl dbus-daemon apache2 /usr/lib/postgresql/15/bin/postgres dirmngr lua grep find ls cp sort mawk jq bc less top ps ip ss zstd ' +
  'gzip unzip ninja';
const sets = { forty, eighty };
/** How a program says its version, where that is not `--version`. */
const versions = {
  nginx: '-v',
  mawk: '-Wversion',
  top: '-v',
  ip: '-V',
  ffmpeg: '-version',
  ffprobe: '-version',
  ffplay: '-version',
  ssh: '-V',
  tmux: '-V',
  openssl: 'version',
};
/** Start-up: program, argument, goal against ld.so. */
const startUps = [
  ['git', '--version'],
  ['sqlite3', '--version'],
  ['ffmpeg', '-version', 6.5],
  ['gdalinfo', '--version', 5],
  ['/usr/lib/libreoffice/program/soffice.bin', '--version', 7],
];
/** Libraries: one that a program of each set uses alone, with a goal, s; one of three programs; and one of nearly all. */
const replaced = [
  ['rsync', 'libpopt.so.0', 2],
  ['jq', 'libonig.so.5', 2],
  ['curl', 'libcurl.so.4'],
  ['curl', 'libz.so.1'],
];

const row = (what, figure, goal, met) =>
  console.log(`${what.padEnd(52)} ${figure.padStart(22)}  goal ${goal.padEnd(8)} ${met ? 'met' : 'MISSED'}`);
const range = ({ median: m, low, high }, digits = 2) =>
  `${m.toFixed(digits)} [${low.toFixed(digits)}–${high.toFixed(digits)}]`;
const command = (file, argument, name = file) => ({ file, argv: [name, argument], environment });
const launcher = (name) => path.join(store, 'bin', path.basename(name));
const versionOf = (name) => versions[path.basename(name)] ?? '--version';

function find(name) {
  try {
    return findProgram(name, environment.PATH);
  } catch {
    return undefined;
  }
}

function linkonce(...args) {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PATH: environment.PATH },
  });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return { text: stdout, ms: performance.now() - begun };
}

/** The same output and status as under ld.so, from the store. */
function checkBehaviour(programs) {
  const run = (file, name) =>
    spawnSync(file, [versionOf(name)], { env: { ...environment, LINKONCE_DEBUG: '1' }, encoding: 'utf8' });
  const different = programs.filter((file) => {
    const [own, stock] = [run(launcher(file), file), run(file, file)];
    return own.status !== stock.status || own.stdout !== stock.stdout || own.stderr !== stock.stderr;
  });
  row(
    'run as under ld.so, from the store',
    `${programs.length - different.length}`,
    `${programs.length}`,
    different.length === 0,
  );
  if (different.length > 0) console.log(`    others: ${different.join(', ')}`);
}

async function startUp() {
  for (const [name, argument, goal] of startUps) {
    const file = find(name);
    if (file === undefined) continue;
    if (!path.isAbsolute(name))
      linkonce('bind', '-s', 'image:merged', '-o', path.join(directory, name), name);
    else linkonce('store', 'add', '--store', store, name);
    const single = path.isAbsolute(name) ? [] : [command(path.join(directory, name), argument, file)];
    const commands = [command(file, argument), command(launcher(name), argument, file), ...single];
    const times = await timeCommands(commands, { warmUpRounds: 3, rounds, limitMs: 30_000 });
    const [stock, shared, alone] = times.map(({ counted }) => counted.map((run) => run.ns / 1e6));
    const faster = estimateRatio(stock, shared);
    const short = path.basename(name);
    row(
      `${short}: times faster than ld.so`,
      range(faster),
      goal ? `≥ ${goal}` : '-',
      !goal || faster.median >= goal,
    );
    console.log(`    ms: ld.so ${range(estimateMedian(stock))}, store ${range(estimateMedian(shared))}`);
    if (!alone) continue;
    const slower = estimateRatio(shared, alone);
    row(`${short}: from the store / its own image`, range(slower), '≤ 1.1', slower.median <= 1.1);
  }
}

/** One process of each alive at once, at its end. */
async function memory(programs) {
  const weigh = async (fileOf) => {
    const loads = programs.map((file) => ({
      command: command(fileOf(file), versionOf(file), file),
      program: file,
      processes: 1,
    }));
    const { weights, sharing } = await weighProcesses(loads, { moment: 'exit', limitMs: 30_000 });
    const sum = (field) => weights.reduce((total, { processes }) => total + processes[0][field], 0);
    return { pss: sum('pssKb'), own: sum('privateKb'), sharing };
  };
  const [stock, own] = [await weigh((file) => file), await weigh(launcher)];
  const mb = (kb) => (kb / 1024).toFixed(1);
  row(
    `PSS of ${programs.length} processes, MiB: ld.so ${mb(stock.pss)}`,
    mb(own.pss),
    'less',
    own.pss < stock.pss,
  );
  row(
    `private of ${programs.length} processes, MiB: ld.so ${mb(stock.own)}`,
    mb(own.own),
    'less',
    own.own < stock.own,
  );
  for (const [name, { sharing }] of Object.entries({ 'ld.so': stock, store: own }))
    if (sharing) console.log(`    ${name}: ${JSON.stringify(sharing.total ?? sharing)}`);
}

/** Another file in the place of one library, for the commands of this one namespace. */
function replaceLibrary([program, library, goal]) {
  const line = execFileSync('ldd', [find(program)], { encoding: 'utf8' })
    .split('\n')
    .find((each) => each.includes(library));
  const file = realpathSync(line.split(' => ')[1].split(' ')[0]);
  const other = path.join(directory, library);
  copyFileSync(file, other);
  appendFileSync(other, 'another one');
  const begun = performance.now();
  const text = execFileSync(
    'unshare',
    [
      '-m',
      'sh',
      '-c',
      'mount --bind "$1" "$2" && exec "$3" "$4" store update --store "$5"',
      'sh',
      other,
      file,
      process.execPath,
      main,
      store,
    ],
    { encoding: 'utf8' },
  );
  const ms = performance.now() - begun;
  console.log(text.replace(/^/gm, '    ').trimEnd());
  row(
    `update after ${library} changed, s`,
    (ms / 1000).toFixed(1),
    goal === undefined ? '-' : `≤ ${goal}`,
    goal === undefined || ms <= goal * 1000,
  );
  // The library of before is there again.
  linkonce('store', 'update', '--store', store);
}

function replaceLibraries(programs) {
  if (process.getuid() !== 0) return console.log('no library was replaced: that takes root');
  for (const each of replaced) if (programs.includes(find(each[0]))) replaceLibrary(each);
}

function list() {
  const times = Array.from({ length: 5 }, () => linkonce('store', 'list', '--store', store).ms / 1000);
  const seconds = estimateMedian(times);
  row('store list, s', range(seconds), '≤ 0.3', seconds.median <= 0.3);
}

try {
  const named = process.argv.slice(3);
  const [first = 'eighty'] = named;
  const wanted = sets[first]?.split(' ') ?? named;
  const programs = wanted.flatMap((name) => find(name) ?? []);
  const missing = wanted.filter((name) => find(name) === undefined);
  if (missing.length > 0) console.log(`not installed, left out: ${missing.join(', ')}`);
  const { ms } = linkonce('store', 'add', '--store', store, ...programs);
  row(`store of ${programs.length} programs built, s`, (ms / 1000).toFixed(1), '≤ 60', ms <= 60_000);
  const { relocated } = JSON.parse(linkonce('store', 'list', '--json', '--store', store).text);
  row(
    `relocated pages: ${(relocated.underLinkerKb / 1024).toFixed(1)} MiB / ${(relocated.storedKb / 1024).toFixed(1)} MiB`,
    relocated.ratio.toFixed(2),
    first === 'forty' ? '≥ 4' : '-',
    first !== 'forty' || relocated.ratio >= 4,
  );
  list();
  const verified = linkonce('store', 'verify', '--store', store);
  console.log(`    ${verified.text.trim()} in ${(verified.ms / 1000).toFixed(1)} s`);
  checkBehaviour(programs);
  await memory(programs);
  replaceLibraries(programs);
  await startUp();
} finally {
  rmSync(directory, { recursive: true });
}
