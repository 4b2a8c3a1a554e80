/**
 * Compares the closure and every symbol binding of real programs with what ld.so says of them: `ld.so --list` and
 * LD_DEBUG=bindings. Reads the compiled sources: first `npx tsc -p tsconfig.json`.
 *
 *     node scripts/check-program.mjs               programs of this list that the machine has, started with a harmless option
 *     node scripts/check-program.mjs PROGRAM...    these, started with --version
 *     node scripts/check-program.mjs --relocate-only PROGRAM...    these, not started: relocated as `ldd -r` does
 *
 * Exit status 1 where anything differs.
 */
import { compareWithLinker } from '../dist/test/program/judge.js';
import { loadProgram } from '../dist/src/program/load-program.js';
import { LinkonceError } from '../dist/src/util/errors.js';

/** Options other than --version that end a program at once. */
const options = {
  java: ['-version'],
  openssl: ['version'],
  ssh: ['-V'],
  tmux: ['-V'],
  unzip: ['-v'],
};

const usual =
  `ls cp sort date bash dash sed grep tar gzip xz zstd find awk gawk mawk diff patch less file make gcc cc1 g++ ld as objdump
  readelf nm strings strace git perl python3.11 gdb sqlite3 gpg gpgv curl wget ssh rsync cmake ninja node ffmpeg ffprobe
  gdalinfo ogr2ogr vim vim.basic nano tmux openssl jq psql redis-cli convert magick inkscape dot rsvg-convert pdftotext
  clang llc qemu-img qemu-system-x86_64 valgrind ruby php lua5.4 tclsh8.6 guile emacs mysql apt dpkg systemctl
  busctl journalctl xmllint xsltproc man groff /usr/bin/java /usr/lib/libreoffice/program/soffice.bin
  /usr/lib/chromium/chromium /usr/lib/git-core/git-remote-http /usr/lib/x86_64-linux-gnu/webkit2gtk-4.0/WebKitWebProcess`.split(
    /\s+/,
  );

const named = process.argv.slice(2);
const relocateOnly = named[0] === '--relocate-only';
const programs = relocateOnly ? named.slice(1) : named;
const results = [];
for (const name of programs.length > 0 ? programs : usual) {
  const program = load(name);
  if (program && !results.some((result) => result.program === program.path)) results.push(compare(program));
}
report(results);

function load(name) {
  try {
    return loadProgram(name, { search: '/usr/bin:/bin:/usr/sbin' });
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    if (programs.length > 0) console.log(`not compared: ${error.message}`);
    return undefined;
  }
}

function compare(program) {
  const start = relocateOnly ? undefined : (options[program.path.split('/').at(-1)] ?? ['--version']);
  const result = compareWithLinker(program, start);
  const { modules, references, bindings, seconds, differences } = result;
  console.log(
    `${program.path}: ${modules} modules, ${references} references in ${seconds.toFixed(2)} s, ${bindings} bindings, ` +
      `${differences.length} differences`,
  );
  for (const difference of differences.slice(0, 5)) console.log(`  ${difference}`);
  return result;
}

function report(results) {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const different = results.filter(({ differences }) => differences.length > 0);
  console.log(
    `${results.length} programs, ${sum('modules')} modules, ${sum('references')} references, ${sum('bindings')} bindings; ` +
      `${different.length} programs differ`,
  );
  if (different.length > 0) process.exitCode = 1;
}
