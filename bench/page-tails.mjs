/**
 * What the seed's "1 shared page / tail-head merging" would save on real modules: where constants stand right behind code, the end of
 * the one and the beginning of the other share a page, and none is filled up. Counts pages of all modules of some programs, each module
 * once, by their program headers; no module is changed.
 *
 *     node bench/page-tails.mjs [PROGRAM…]        absent: 20 usual programs, as far as they are installed
 *
 * Reads the built tool: first `npm run build`. Needs cc.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readElf } from '../dist/src/elf/read-elf.js';
import { findProgram } from '../dist/src/program/find-program.js';
import { loadProgram } from '../dist/src/program/load-program.js';
import { LinkonceError } from '../dist/src/util/errors.js';

/** @typedef {{ offset: number, size: number, isCode: boolean, isWritable: boolean }} Part */

const page = 4096;
/** As far as a part's beginning is aligned behind another: a line of the cache, and the strictest of usual sections. */
const alignment = 64;
const loaded = 1;
const roundUp = (/** @type {number} */ value, /** @type {number} */ unit) => Math.ceil(value / unit) * unit;

const usual = [
  'git',
  'curl',
  'python3',
  'sqlite3',
  'perl',
  'vim',
  'ssh',
  'gcc',
  'gdb',
  'bash',
  'tar',
  'openssl',
  'rsync',
  'ffmpeg',
];
usual.push(
  'nginx',
  'redis-server',
  'gtk3-demo',
  'make',
  'ruby',
  'php',
  'less',
  'gpg',
  'wget',
  'ls',
  'ps',
  'systemctl',
  'find',
);

/** Parts that are mapped from a module's file. @param {string} file @returns {Part[]} */
function partsOf(file) {
  return readElf(file)
    .segments.filter(({ type, fileSize }) => Number(type) === loaded && Number(fileSize) > 0)
    .map(({ flags, offset, fileSize }) => ({
      ...{ offset: Number(offset), size: Number(fileSize) },
      ...{ isCode: (Number(flags) & 1) !== 0, isWritable: (Number(flags) & 2) !== 0 },
    }));
}

/** Pages of the file that these parts are in, each once. @param {readonly Part[]} parts */
function pagesOf(parts) {
  const pages = new Set();
  for (const { offset, size } of parts)
    for (let at = Math.floor(offset / page); at * page < offset + size; at++) pages.add(at);
  return pages.size;
}

/** Bytes of parts that stand one behind the other. @param {readonly Part[]} parts */
const packed = (parts) => parts.reduce((sum, { size }) => roundUp(sum, alignment) + size, 0);

/** @param {string} file */
function count(file) {
  const parts = partsOf(file);
  const shared = parts.filter(({ isWritable }) => !isWritable);
  return {
    ...{
      today: pagesOf(shared),
      within: Math.ceil(packed(shared) / page),
      bytes: roundUp(packed(shared), alignment),
    },
    isJoined: shared.length === 1,
  };
}

/** A library with code and constants of so many bytes, as the linker makes it by default, and with constants beside code. */
function linked() {
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-tails-'));
  try {
    const source = 'const char table[5000] = {1}; int first(int x) { return x + table[x]; }';
    return ['separate-code', 'noseparate-code'].map((how) => {
      const library = path.join(folder, how);
      const flags = ['-shared', '-fPIC', '-nostdlib', '-Wl,-z,' + how, '-x', 'c', '-', '-o', library];
      execFileSync('cc', flags, { input: source });
      return {
        how,
        pages: pagesOf(partsOf(library).filter(({ isWritable }) => !isWritable)),
        bytes: statSync(library).size,
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const search = '/usr/local/bin:/usr/bin:/bin:/usr/sbin';

/** None where the program is not here, or is static. @param {string} name */
function modulesOf(name) {
  try {
    return loadProgram(findProgram(name, search)).modules.map((module) => module.path);
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    return [];
  }
}

const named = process.argv.slice(2);
const programs = (named.length > 0 ? named : usual)
  .map((name) => ({ name, modules: modulesOf(name) }))
  .filter(({ modules }) => modules.length > 0)
  .slice(0, named.length > 0 ? undefined : 20);
const counts = new Map(programs.flatMap(({ modules }) => modules).map((file) => [file, count(file)]));
/** @param {readonly string[]} files */
function sumOf(files) {
  const all = files.map((file) => counts.get(file));
  const sum = (/** @type {'today' | 'within' | 'bytes'} */ what) =>
    all.reduce((total, each) => total + each[what], 0);
  const [today, within, across] = [sum('today'), sum('within'), Math.ceil(sum('bytes') / page)];
  return [
    files.length,
    today,
    today - within,
    percent(today - within, today),
    today - across,
    percent(today - across, today),
  ];
}
const percent = (/** @type {number} */ part, /** @type {number} */ whole) =>
  `${((100 * part) / whole).toFixed(2)} %`;
/** @param {readonly (string | number)[]} cells */
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);

console.log(
  'Pages of code and constants. Saved: within each module; and if all modules stood one behind the other.\n',
);
row(['program', 'modules', 'pages', 'saved within', '', 'saved in all', '']);
row(['---', ...Array.from({ length: 6 }, () => '---:')]);
for (const { name, modules } of programs) row([name, ...sumOf(modules)]);
row(['all, each module once', ...sumOf([...counts.keys()])]);
const small = [...counts.keys()].filter((file) => counts.get(file).today <= 16);
row(['of these up to 16 pages', ...sumOf(small)]);
const joined = [...counts.values()].filter(({ isJoined }) => isJoined).length;
console.log(`\nModules whose constants and code are one part already: ${joined} of ${counts.size}.`);
for (const { how, pages, bytes } of linked())
  console.log(
    `A library of 5,000 bytes of constants and one function, ${how}: ${pages} pages, file of ${bytes} bytes.`,
  );
