/**
 * Checks the call sites of every ELF file below a directory against objdump:
 *
 *   node scripts/check-calls.mjs [DIR [PART/PARTS]]        (DIR: /usr/lib/x86_64-linux-gnu)
 *
 * Prints what differs, then the counts; status 1 when anything differs. `1/2` takes every second file only, so that two
 * run side by side. Many minutes for a whole /usr.
 */
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import path from 'node:path';

const packageRoot = new URL('..', import.meta.url);
spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.json'], { cwd: packageRoot });
const { compareCalls } = await import(new URL('dist/test/calls/judge.js', packageRoot).href);

const seen = new Set();

/** Regular files for this machine, each once, whatever its names; symbolic links are not followed. */
function* elfFiles(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) yield* elfFiles(file);
    else if (entry.isFile() && isNew(file) && isLinked(file)) yield file;
  }
}

function isNew(file) {
  const { dev, ino } = statSync(file);
  const isKnown = seen.has(`${dev} ${ino}`);
  seen.add(`${dev} ${ino}`);
  return !isKnown;
}

/** ELF64, EM_X86_64, and no object file. */
function isLinked(file) {
  const descriptor = openSync(file, 'r');
  const head = Buffer.alloc(20);
  readSync(descriptor, head, 0, head.length, 0);
  closeSync(descriptor);
  const [type, machine] = [head.readUInt16LE(16), head.readUInt16LE(18)];
  return head.toString('latin1', 0, 5) === '\x7fELF\x02' && machine === 62 && (type === 2 || type === 3);
}

/** A file that the reader refuses or stumbles on counts as different. */
function compare(file) {
  try {
    return compareCalls(file);
  } catch (error) {
    return { differences: [String(error)], sites: {}, left: {} };
  }
}

const start = Date.now();
const [directory = '/usr/lib/x86_64-linux-gnu', share = '1/1'] = process.argv.slice(2);
const [part, parts] = share.split('/').map(Number);
let files = 0;
let wrong = 0;
const totals = {};
const mine = [...elfFiles(directory)].filter((_, index) => index % parts === part - 1);
for (const file of mine) {
  files++;
  const { differences, sites, left } = compare(file);
  for (const [name, count] of Object.entries({ ...sites, ...left }))
    totals[name] = (totals[name] ?? 0) + count;
  if (differences.length > 0) wrong++;
  for (const difference of differences.slice(0, 10)) console.log(`${file}: ${difference}`);
  if (differences.length > 10) console.log(`${file}: ${differences.length} differences`);
}
for (const [name, count] of Object.entries(totals)) console.log(`${name}: ${count}`);
console.log(`${files} ELF files, ${wrong} with differences, ${Math.round((Date.now() - start) / 1000)} s`);
if (wrong > 0) process.exitCode = 1;
