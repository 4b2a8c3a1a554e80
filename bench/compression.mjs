/**
 * What compressed files cost, by codec, level and chunk size, over an image that this binds: `node bench/compression.mjs PROGRAM`
 * after `npm run build`. A table over the relocated pages (those that no module file holds); with `--all` one over the first 64 MiB of all
 * pages. MB are 10^6 bytes; latencies are those of one page at a random place of a file in the page cache, nothing kept.
 */
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { findCodec } from '../dist/src/compression/codec.js';
import { openCompressedFile } from '../dist/src/compression/compressed-file.js';
import { writeCompressed } from '../dist/src/compression/write-compressed.js';

const pageSize = 4096;
const [program = 'ffmpeg'] = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-compression-'));

/** @param {Buffer} bytes */
function* pagesOf(bytes) {
  for (let at = 0; at + pageSize <= bytes.length; at += pageSize) yield bytes.subarray(at, at + pageSize);
}

/** @param {Buffer} page */
const digest = (page) => createHash('sha1').update(page).digest('latin1');

/** Digests of the pages of all files that the program is made of. */
function originalPages() {
  const place = execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program], { encoding: 'utf8' }).trim();
  const listed = execFileSync('ldd', [place], { encoding: 'utf8' });
  const modules = [place, ...[...listed.matchAll(/(\/\S+) \(/g)].map(([, file]) => file)];
  return new Set(modules.flatMap((file) => [...pagesOf(readFileSync(file))].map(digest)));
}

function imagePages() {
  const output = path.join(folder, 'x');
  const linkonce = new URL('../linkonce', import.meta.url).pathname;
  execFileSync(linkonce, ['bind', '--system', 'install', '-o', output, program], { stdio: 'ignore' });
  const files = readdirSync(`${output}.files`).map((name) =>
    readFileSync(path.join(`${output}.files`, name)),
  );
  return files.flatMap((bytes) => [...pagesOf(bytes)]);
}

/** @param {number[]} sorted @param {number} share */
const quantile = (sorted, share) => sorted[Math.floor((sorted.length - 1) * share)];

/** Seconds of the fastest of three. @param {() => void} work */
function time(work) {
  const runs = [1, 2, 3].map(() => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
  return Math.min(...runs) / 1000;
}

/** @param {Buffer} bytes @param {string} name @param {number} level @param {number} chunkSize */
function measure(bytes, name, level, chunkSize) {
  const codec = findCodec(name);
  const chunks = [];
  for (let at = 0; at < bytes.length; at += chunkSize) chunks.push(bytes.subarray(at, at + chunkSize));
  let packed = [];
  const packing = time(() => (packed = chunks.map((chunk) => codec.compress(chunk, level))));
  const into = Buffer.alloc(chunkSize);
  const unpacking = time(() => packed.forEach((chunk) => codec.decompress(chunk, into)));
  const file = path.join(folder, 'compressed');
  const read = (offset, length) => bytes.subarray(offset, offset + length);
  writeCompressed(file, 0o600, { size: bytes.length, read }, { codec, level, chunkSize });
  const opened = openCompressedFile(file, { cacheSize: 0 });
  const latencies = randomReads(opened, bytes.length);
  const ratio = bytes.length / opened.head.fileSize;
  opened.close();
  const megabytes = bytes.length / 1e6;
  return [
    ratio,
    megabytes / packing,
    megabytes / unpacking,
    quantile(latencies, 0.5),
    quantile(latencies, 0.99),
  ];
}

/** Microseconds, sorted. */
function randomReads(file, size) {
  const times = [];
  for (let index = 0; index < 4000; index++) {
    const page = Math.floor(Math.random() * Math.floor(size / pageSize));
    const begun = performance.now();
    file.read(page * pageSize, pageSize);
    times.push((performance.now() - begun) * 1000);
  }
  return times.slice(1000).sort((a, b) => a - b);
}

/** @param {string} title @param {Buffer} bytes */
function table(title, bytes) {
  console.log(`\n${title}: ${(bytes.length / 1e6).toFixed(1)} MB`);
  console.log('codec level chunk KiB  ratio  compress MB/s  decompress MB/s  page us p50    p99');
  for (const [name, level] of [
    ['lz4', 1],
    ['lz4', 9],
    ['zstd', 1],
    ['zstd', 3],
    ['zstd', 9],
  ])
    for (const kib of [4, 16, 32, 64, 128, 256]) {
      const [ratio, ...rest] = measure(bytes, name, level, kib * 1024);
      const [packing, unpacking, median, late] = rest.map((value) => value.toFixed(1));
      const columns = [String(kib).padStart(9), ratio.toFixed(2).padStart(6), packing.padStart(14)];
      columns.push(unpacking.padStart(16), median.padStart(12), late.padStart(6));
      console.log(name.padEnd(5), String(level).padStart(5), columns.join(' '));
    }
}

try {
  const known = originalPages();
  const pages = imagePages();
  const relocated = pages.filter((page) => !known.has(digest(page)));
  table(`relocated pages of ${program}`, Buffer.concat(relocated));
  if (process.argv.includes('--all')) table(`pages of ${program}`, Buffer.concat(pages.slice(0, 16_384)));
} finally {
  rmSync(folder, { recursive: true });
}
