/**
 * Writes models/data/library-names.txt: names of shared libraries, from Debian's package index as apt has it.
 *
 *   apt-get update && node scripts/make-library-names.mjs
 *
 * The index has packages, not files; but the name of a package of a shared library is made of its SONAME (Debian Policy 8.1): the
 * library's name and version, with a hyphen between where the name ends with a digit. That is turned round here: libfoo3 has
 * libfoo.so.3, libfoo2-1 has libfoo2.so.1. Packages whose names end otherwise, or that are for other architectures, are left out.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

const folder = new URL('../models/data/', import.meta.url);

/** Suffixes of packages whose ABI changed while the SONAME stayed: of time_t, of C++, of Fortran, of long double. */
const transition = /(?:t64|c2a?|c102|v5|gf|ldbl)$/;

/** The SONAME that a package's name was made of; undefined where it is that of no shared library. */
function sonameOf(packageName) {
  const name = packageName.replace(transition, '');
  const parts =
    /^(lib[a-z0-9+.-]*\d)-(\d+(?:\.\d+)*)$/.exec(name) ??
    /^(lib[a-z0-9+.-]*?[a-z+])(\d+(?:\.\d+)*)$/.exec(name);
  return parts ? `${parts[1]}.so.${parts[2]}` : undefined;
}

/** Of the section of libraries, for this architecture. */
function libraryPackages(index) {
  return index
    .split('\n\n')
    .filter((entry) => /^Section: (?:[a-z-]+\/)?libs$/m.test(entry))
    .flatMap((entry) => /^Package: (lib\S+)$/m.exec(entry)?.[1] ?? [])
    .filter((name) => !/^lib(?:32|64|x32|n32)/.test(name));
}

const index = execFileSync('apt-cache', ['dumpavail'], { encoding: 'utf8', maxBuffer: 1 << 30 });
const names = [...new Set(libraryPackages(index).flatMap((name) => sonameOf(name) ?? []))].sort();
if (names.length === 0) throw new Error('apt has no index: apt-get update');
const head = [
  `# ${String(names.length)} names of shared libraries, from Debian's package index, ${new Date().toISOString().slice(0, 10)}.`,
  '# Made by scripts/make-library-names.mjs, which says how.',
];
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('library-names.txt', folder), `${[...head, ...names].join('\n')}\n`);
console.log(`${String(names.length)} names`);
