/**
 * Checks the ELF reader against binutils on every ELF file below a directory:
 *
 *   node scripts/check-elf.mjs [DIR]        (DIR: /usr)
 *
 * Prints what differs, then the counts; status 1 when anything differs. Minutes for a whole /usr.
 */
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';

const packageRoot = new URL('..', import.meta.url);
spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.json'], { cwd: packageRoot });
const { compareFile } = await import(new URL('dist/test/elf/compare.js', packageRoot).href);

/** Regular files that begin as ELF files do; links are not followed. */
function* elfFiles(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) yield* elfFiles(file);
    else if (entry.isFile() && isElf(file)) yield file;
  }
}

/** A file that the reader refuses or stumbles on counts as different. */
function compare(file) {
  try {
    return compareFile(file);
  } catch (error) {
    return { differences: [String(error)], lines: {} };
  }
}

function isElf(file) {
  const descriptor = openSync(file, 'r');
  const magic = Buffer.alloc(4);
  readSync(descriptor, magic, 0, 4, 0);
  closeSync(descriptor);
  return magic.toString('latin1') === '\x7fELF';
}

const start = Date.now();
let files = 0;
let wrong = 0;
const totals = {};
for (const file of elfFiles(process.argv[2] ?? '/usr')) {
  files++;
  const { differences, lines } = compare(file);
  for (const [table, count] of Object.entries(lines)) totals[table] = (totals[table] ?? 0) + count;
  if (differences.length > 0) wrong++;
  for (const difference of differences) console.log(`${file}: ${difference}`);
}
for (const [table, count] of Object.entries(totals)) console.log(`${table}: ${count} lines`);
console.log(`${files} ELF files, ${wrong} with differences, ${Math.round((Date.now() - start) / 1000)} s`);
if (wrong > 0) process.exitCode = 1;
