/**
 * The latency of one page-in, as the program sees it that touches the page: `node bench/page-in.mjs [FILE]` as root, after
 * `npm run build`. The first 16 MiB of FILE (default: node itself) from a disk, from our file system, and from it compressed; each
 * page once, in a random order, alone (MADV_RANDOM).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultSettings } from '../dist/src/compression/default-settings.js';
import { writeCompressed } from '../dist/src/compression/write-compressed.js';
import { startServer } from '../dist/src/fuse/server.js';

const [source = process.execPath] = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-page-in-'));
const at = (name) => path.join(folder, name);

/** @param {string} name @param {string} file */
function report(name, file) {
  const output = execFileSync(at('touch'), [file], { encoding: 'utf8', maxBuffer: 1 << 26 });
  print(name, output.trim().split('\n').map(Number));
}

/** @param {string} name @param {readonly number[]} times ns */
function print(name, times) {
  const sorted = times.toSorted((a, b) => a - b);
  const [median, late] = [0.5, 0.99].map((share) => sorted[Math.floor((sorted.length - 1) * share)] / 1000);
  console.log(
    `${name.padEnd(34)} p50 ${median.toFixed(1).padStart(7)} us  p99 ${late.toFixed(1).padStart(8)} us`,
  );
}

const bytes = readFileSync(source).subarray(0, 1 << 24);
writeFileSync(at('plain'), bytes, { flush: true });
const read = (offset, length) => bytes.subarray(offset, offset + length);
writeCompressed(at('packed'), 0o600, { size: bytes.length, read }, defaultSettings());
execFileSync('cc', ['-O2', '-o', at('touch'), new URL('page-in.c', import.meta.url).pathname]);
mkdirSync(at('mount'));
const server = await startServer({
  mountPoint: at('mount'),
  module: new URL('page-in-tree.mjs', import.meta.url),
  data: { plain: at('plain'), compressed: at('packed'), size: bytes.length },
  readAhead: 0,
  log: console.error,
});
try {
  for (let round = 0; round < 3; round++) {
    report('plain file, cold', at('plain'));
    for (const name of ['plain', 'compressed']) {
      report(`${name} through us, cold`, path.join(at('mount'), name));
      print('  of that in the serving thread', server.counts().readTimes.slice(-4096));
    }
  }
  console.log('READ sizes, pages:', server.counts().readSizes);
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}
