/**
 * Which packages have the libraries that the package's own programs and modules need. It depends on those of Debian 12, and is not made where
 * a part needs more: of a Node of a newer distribution, say, which takes its libraries from there.
 */
import { lstatSync, openSync, readSync, closeSync } from 'node:fs';
import { Buffer } from 'node:buffer';
import { basename, join } from 'node:path';

/** @typedef {import('../../dist/src/elf/elf-file.js').ElfFile} ElfFile */

const oldest = ['libc6 (>= 2.36)', 'libgcc-s1 (>= 12)', 'libstdc++6 (>= 12)'];
const libraries = new Set([
  ...['ld-linux-x86-64.so.2', 'libc.so.6', 'libdl.so.2', 'libm.so.6', 'libpthread.so.0', 'librt.so.1'],
  ...['libgcc_s.so.1', 'libstdc++.so.6'],
]);
/** The newest version of symbols that these have. @type {Readonly<Record<string, number[]>>} */
const newest = { GLIBC: [2, 36], GCC: [12, 0, 0], GLIBCXX: [3, 4, 30], CXXABI: [1, 3, 13] };

/** @param {string} tree @param {readonly string[]} files */
export async function dependencies(tree, files) {
  const { readElf } = await import('../../dist/src/elf/read-elf.js');
  const own = new Set(files.map((file) => basename(file)));
  for (const file of files.filter((each) => isElf(join(tree, each)))) {
    const lack = lackOf(readElf(join(tree, file)), own);
    if (lack !== undefined) throw new Error(`${file} needs ${lack}, which Debian 12 does not have`);
  }
  return oldest.join(', ');
}

/** @param {string} file */
function isElf(file) {
  if (!lstatSync(file).isFile()) return false;
  const start = Buffer.alloc(4);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, start);
  closeSync(descriptor);
  return start.equals(Buffer.from('\x7fELF'));
}

/** @param {ElfFile} elf @param {ReadonlySet<string>} own names of the package's own files */
function lackOf({ dynamic, symbols }, own) {
  const library = dynamic?.needed.find((name) => !libraries.has(name) && !own.has(name));
  if (library !== undefined) return library;
  for (let index = 1; index < symbols.count; index++) {
    const { version } = symbols.at(index);
    if (version?.file !== undefined && !version.weak && !isKnown(version.name)) return version.name;
  }
  return undefined;
}

/** @param {string} name for example GLIBC_2.34 */
function isKnown(name) {
  const [family = '', numbers = ''] = name.split('_');
  const limit = newest[family];
  return limit !== undefined && compare(numbers.split('.').map(Number), limit) <= 0;
}

/** @param {readonly number[]} one @param {readonly number[]} other */
function compare(one, other) {
  const at = one.findIndex((number, index) => number !== (other[index] ?? 0));
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}
