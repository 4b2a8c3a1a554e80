/**
 * What rebase-page-in costs and saves, beside the system image and ld.so: `node bench/page-in-system.mjs [ROUNDS]` as root, after
 * `npm run build`. One interleaved run for start-up; programs that are not installed are left out and named.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCompressedFile } from '../dist/src/compression/compressed-file.js';
import { isCompressed } from '../dist/src/compression/is-compressed.js';
import { weighProcesses } from '../dist/src/measure/memory.js';
import { estimateMedian, estimateRatio, median } from '../dist/src/measure/statistics.js';
import { timeCommands } from '../dist/src/measure/stopwatch.js';
import { servePlaces } from '../dist/src/pagein/serve-places.js';
import { openProgram } from '../dist/src/pipeline.js';
import { findProgram } from '../dist/src/program/find-program.js';
import { buildVariant, variantOf } from '../dist/src/systems/build-variant.js';
import { findSystem } from '../dist/src/systems/registry.js';
import { valueOf } from '../dist/src/util/outcome.js';

const rounds = Number(process.argv[2] ?? 40);
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/proc/nonexistent' };
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-page-in-system-'));
const ms = ({ counted }) => counted.map((run) => run.ns / 1e6);
const range = ({ median: m, low, high }) => `${m.toFixed(3)} [${low.toFixed(3)}–${high.toFixed(3)}]`;
const against = (figure, goal, most) => `${figure}  goal ≤ ${goal} ${most <= goal ? 'met' : 'MISSED'}`;

/** Name, arguments that end at once, arguments that run on. */
const programs = [
  ['git', ['--version'], ['cat-file', '--batch']],
  ['sqlite3', ['--version'], [':memory:']],
  ['python3', ['-c', ''], ['-c', 'import time; time.sleep(30)']],
  ['gdalinfo', ['--version'], ['--formats']],
  ['ffmpeg', ['-version'], ['-nostdin', '-re', '-f', 'lavfi', '-i', 'testsrc=r=1', '-f', 'null', '-']],
].filter(([name]) => existsSync(`/usr/bin/${name}`) || void console.log(`${name}: not installed, left out`));

/** All programs in one collection. */
async function build(id, variant, subjects) {
  const home = path.join(folder, `${id}-${variant}`);
  mkdirSync(home);
  const outputs = programs.map(([name]) => path.join(home, name));
  const request = { outputs, folder: path.join(home, 'files'), asInterpreter: false };
  const outcomes = await buildVariant(variantOf(findSystem(id), variant), subjects, request);
  return outcomes.map(valueOf);
}

const subjects = programs.map(([name]) => openProgram(findProgram(name, environment.PATH), () => undefined));
const paged = await build('rebase-page-in', 'whole', subjects);
const single = await build('image', 'single', subjects);
/** The same files, mapped by each process itself, at the addresses of the bind: what places add to that. */
const unmoved = await build('rebase-startup', 'collision', subjects);
const slid = await build('rebase-startup', 'slide', subjects);
const places = paged[0].places;
const served = await servePlaces(places, console.error);
const command = (file, args) => ({ file, argv: [file, ...args], environment });

/** ld.so, image, ours: of one program. */
const files = (index) => [
  findProgram(programs[index][0], environment.PATH),
  single[index].file,
  paged[index].file,
];

const dropCaches = () => {
  execFileSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
};

async function startUp() {
  console.log('\nstart-up, warm, ms');
  for (const [index, [name, args]] of programs.entries()) {
    const commands = [...files(index), unmoved[index].file].map((file) => command(file, args));
    const times = (await timeCommands(commands, { warmUpRounds: 3, rounds, limitMs: 30_000 })).map(ms);
    const [stock, image, ours, same] = times;
    const [a, b, c, d] = times.map((each) => estimateMedian(each).median.toFixed(2));
    console.log(
      `${name.padEnd(9)} ld.so ${a}  image ${b}  ours ${c}  rebase-startup:collision, unmoved ${d}`,
    );
    const ratio = estimateRatio(ours, image);
    console.log(`    of image ${against(range(ratio), 1.15, ratio.median)}`);
    console.log(
      `    of rebase-startup ${range(estimateRatio(ours, same))}; of ld.so ${range(estimateRatio(ours, stock))}`,
    );
  }
}

/** Each round with an empty page cache; node itself is read again before. */
async function cold() {
  console.log('\nfirst start, caches dropped: ms (the disk decides much of it)');
  for (const [index, [name, args]] of programs.entries()) {
    const times = [[], [], []];
    for (let round = 0; round < 5; round++)
      for (const [at, file] of files(index).entries()) {
        dropCaches();
        await timeCommands([command('/bin/true', [])], { warmUpRounds: 0, rounds: 1, limitMs: 30_000 });
        const [runs] = await timeCommands([command(file, args)], {
          warmUpRounds: 0,
          rounds: 1,
          limitMs: 30_000,
        });
        times[at].push(...ms(runs));
      }
    const [a, b, c] = times.map((each) => median(each).toFixed(1));
    console.log(`${name.padEnd(9)} ld.so ${a}  image ${b}  ours ${c}`);
  }
}

/** Programs that end at once are looked at when they do, the others one second after their start. */
async function privateMemory() {
  console.log('\nprivate memory of a process, kB');
  for (const [index, [name, , endless]] of programs.entries()) {
    const moment = name === 'python3' || name === 'ffmpeg' ? 1 : 'exit';
    const weigh = async (file) => {
      const load = { command: command(file, endless), program: file, processes: 1 };
      const { weights } = await weighProcesses([load], { moment, limitMs: 30_000 });
      return median(weights[0].processes.map((each) => each.privateKb));
    };
    const kb = [[], [], []];
    for (let round = 0; round < 5; round++)
      for (const [at, file] of files(index).entries()) kb[at].push(await weigh(file));
    const [stock, image, ours] = kb.map(median);
    const share = ours / image;
    console.log(
      `${name.padEnd(9)} ld.so ${stock}  image ${image}  ours ${ours}: of image ${against(share.toFixed(3), 1.05, share)}`,
    );
  }
}

/** What is allocated: files of whole modules have holes where the module's own file has the code. */
const allocated = (files) => files.reduce((total, file) => total + statSync(file).blocks * 512, 0);

/** Pages at rest that are not all zeros. */
function fullPages(resting) {
  const opened = openCompressedFile(resting);
  const size = Number(opened.read(opened.head.size - 8, 8).readBigUInt64LE());
  let count = 0;
  for (let at = 0; at < size; at += 4096) if (opened.read(at, 4096).some((byte) => byte !== 0)) count++;
  opened.close();
  return count;
}

function disk() {
  const all = (of) =>
    readdirSync(of, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => path.join(of, name));
  const resting = all(places.files).filter((file) => isCompressed(file));
  const compressed = allocated(resting);
  const bytes = resting.reduce((total, file) => total + statSync(file).size, 0);
  const whole = resting.reduce((total, file) => total + fullPages(file) * 4096, 0);
  const plain = allocated(all(path.join(folder, 'rebase-startup-slide', 'files')));
  const images = (of) => allocated(of.map(({ file }) => `${file}.image`));
  console.log(`\ndisk, ${programs.length} programs, bytes (what is allocated)`);
  console.log(
    `all that places show: at rest ${compressed} (lengths: ${bytes}), their pages that are not zero ${whole}: ${times(whole, compressed)}`,
  );
  const [ours, others] = [compressed + images(paged), plain + images(slid)];
  console.log(
    `all files: ours ${compressed} + images ${images(paged)}; rebase-startup:slide ${plain} + images ${images(slid)}: ${times(others, ours)}`,
  );
}

const times = (plain, packed) =>
  `${(plain / packed).toFixed(2)}× smaller  goal ≥ 3 ${plain / packed >= 3 ? 'met' : 'MISSED'}`;

const quantiles = (times) => {
  const sorted = times.toSorted((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((share) => sorted[Math.floor((sorted.length - 1) * share)] / 1000);
  return `p50 ${p50.toFixed(1)} us  p99 ${p99.toFixed(1)} us`;
};

/** Every page of the largest file of a place that nobody used, and of the same bytes in a plain file. */
function latency() {
  console.log('\na page-in, each page alone in a random order');
  const touch = path.join(folder, 'touch');
  execFileSync('cc', ['-O2', '-o', touch, fileURLToPath(new URL('page-in.c', import.meta.url))]);
  const place = path.join(places.path, '2');
  const [largest] = readdirSync(place)
    .map((name) => path.join(place, name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
  const pages = Math.floor(statSync(largest).size / 4096);
  const time = (file) =>
    execFileSync(touch, [file], { encoding: 'utf8', maxBuffer: 1 << 26 })
      .trim()
      .split('\n')
      .map(Number);
  console.log(`from a place, ${pages} pages, seen by who touches them: ${quantiles(time(largest))}`);
  console.log(
    `  of that in the server, the last of them: ${quantiles(served.server.counts().readTimes.slice(-pages))}`,
  );
  const plain = path.join(folder, 'plain');
  execFileSync('cp', [largest, plain]);
  dropCaches();
  console.log(`the same pages of a plain file: ${quantiles(time(plain))}`);
}

try {
  await startUp();
  console.log('\nplaces after that:', served.counts());
  await privateMemory();
  disk();
  latency();
  await cold();
} finally {
  await served.server.stop();
  rmSync(folder, { recursive: true });
}
