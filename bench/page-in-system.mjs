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
import { findSystem } from '../dist/src/systems/registry.js';

const rounds = Number(process.argv[2] ?? 40);
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent' };
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
  const request = { variant, outputs, folder: path.join(home, 'files'), asInterpreter: false };
  const outcomes = await findSystem(id).build(subjects, request);
  for (const outcome of outcomes) if ('failure' in outcome) throw outcome.failure;
  return outcomes.map(({ image }) => image);
}

const subjects = programs.map(([name]) => openProgram(findProgram(name, environment.PATH), () => undefined));
const paged = await build('rebase-page-in', 'boot', subjects);
const single = await build('image', 'single', subjects);
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
  console.log('\nstart-up, warm: ms, and times of image (as its system does it) and of ld.so');
  for (const [index, [name, args]] of programs.entries()) {
    const commands = files(index).map((file) => command(file, args));
    const times = (await timeCommands(commands, { warmUpRounds: 3, rounds, limitMs: 30_000 })).map(ms);
    const [stock, image, ours] = times;
    const ratio = estimateRatio(ours, image);
    const [a, b, c] = times.map((each) => estimateMedian(each).median.toFixed(2));
    console.log(`${name.padEnd(9)} ld.so ${a}  image ${b}  ours ${c}`);
    console.log(
      `${' '.repeat(10)}of image ${against(range(ratio), 1.15, ratio.median)}; of ld.so ${range(estimateRatio(ours, stock))}`,
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

async function privateMemory() {
  console.log('\nprivate memory of a process, kB: one second after its start, or at its entry (gdalinfo)');
  for (const [index, [name, , endless]] of programs.entries()) {
    const weigh = async (file) => {
      const { weights } = await weighProcesses(
        [{ command: command(file, endless), program: file, processes: 1, ...entryOf(index, file) }],
        { moment: name === 'gdalinfo' || name === 'git' || name === 'sqlite3' ? 'exit' : 1, limitMs: 30_000 },
      );
      return median(weights[0].processes.map((each) => each.privateKb));
    };
    const kb = [];
    for (const file of files(index)) {
      const samples = [];
      for (let round = 0; round < 5; round++) samples.push(await weigh(file));
      kb.push(median(samples));
    }
    const [stock, image, ours] = kb;
    const share = ours / image;
    console.log(
      `${name.padEnd(9)} ld.so ${stock}  image ${image}  ours ${ours}: of image ${against(share.toFixed(3), 1.05, share)}`,
    );
  }
}

const entryOf = (index, file) => {
  const image = [...paged, ...single].find((each) => each.file === file);
  return image?.entry === undefined ? {} : { entry: image.entry };
};

function disk() {
  const all = (of) =>
    readdirSync(of, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => path.join(of, name));
  const sum = (list) => list.reduce((total, file) => total + statSync(file).size, 0);
  const resting = all(places.files).filter((file) => isCompressed(file));
  const whole = resting.reduce((total, file) => {
    const opened = openCompressedFile(file);
    const size = Number(opened.read(opened.head.size - 8, 8).readBigUInt64LE());
    opened.close();
    return total + size;
  }, 0);
  const plainShared = sum(all(path.join(folder, 'rebase-startup-slide', 'files')));
  const images = (of) => sum(of.map(({ file }) => `${file}.image`));
  const compressed = sum(resting);
  console.log('\ndisk, bytes');
  console.log(
    `relocated data: at rest ${compressed} (with the lists of words), the same pages plain ${whole}: ${(whole / compressed).toFixed(2)}× smaller  goal ≥ 3 ${whole / compressed >= 3 ? 'met' : 'MISSED'}`,
  );
  console.log(
    `all files of the bind: ours ${compressed} + images ${images(paged)}; rebase-startup:slide ${plainShared} + images ${images(slid)}: ${((plainShared + images(slid)) / (compressed + images(paged))).toFixed(2)}× smaller`,
  );
}

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
