/**
 * Compares every program of this system with what linkonce makes of it: its modules and bindings with the words of its own
 * ld.so, and launchers with the program. Started by scripts/check-other-libc inside another release's root; reads the
 * compiled sources.
 *
 *     node scripts/compare-starts.mjs [PROGRAM...]
 *
 * A program that linkonce refuses is named with the reason, and is no difference.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compareWithLinker } from '../dist/test/program/judge.js';
import { fileKind } from '../dist/src/program/file-kind.js';
import { loadProgram } from '../dist/src/program/load-program.js';
import { LinkonceError } from '../dist/src/util/errors.js';

const tool = new URL('../dist/src/cli/main.js', import.meta.url).pathname;
const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** Programs that do not end at `--version`, or that another program must start. */
const left = /\/(agetty|sulogin|telinit|init|shutdown|halt|reboot|poweroff|node)$/;

/** What else to run of the programs that do the most. */
const work = {
  bash: [
    ['-c', 'f() { echo "$1-$((6*7))"; }; x=$(f a | tr a b); echo "$x" ${BASH_VERSINFO[0]} & wait; exit 3'],
  ],
  dash: [['-c', 'cd /etc && for f in pass*; do echo "$f"; done | sort | head -n 3; exit 4']],
  perl: [
    [
      '-MPOSIX',
      '-e',
      'print floor(3.7), " ", strftime("%Y", gmtime 0), "\n"; fork or exit 2; wait; exit $? >> 8',
    ],
    ['-MSocket', '-MData::Dumper', '-e', 'print Dumper([map { $_ ** 2 } 1 .. 5], inet_aton("127.0.0.1"))'],
    ['-e', 'print scalar getpwnam("root"), "\n"; local $SIG{ALRM} = sub { exit 5 }; alarm 1; sleep 9'],
  ],
  sed: [['-n', 's/^root:\\(.*\\)/\\1/p', '/etc/passwd']],
  grep: [['-rnE', '^(root|bin):', '/etc/passwd', '/etc/group']],
  tar: [['-cf', '-', '-C', '/etc', 'passwd', 'group']],
  ls: [['-laR', '/etc/apt']],
  sort: [['-t:', '-k3n', '--parallel=2', '/etc/passwd']],
  find: [['/etc/apt', '-name', '*.list', '-ls']],
  mawk: [['-F:', '{ s += $3 } END { print s, sin(1) }', '/etc/passwd']],
  date: [['-u', '-d', '@86400', '+%A %F']],
  dpkg: [['-l'], ['--print-architecture']],
  'dpkg-query': [['-W', '-f', '${Package} ${Version}\n', 'libc6']],
  'apt-cache': [['policy']],
  'apt-config': [['dump']],
  getent: [
    ['passwd', 'root'],
    ['hosts', 'localhost'],
  ],
  id: [['root']],
  iconv: [['-f', 'UTF-8', '-t', 'UTF-16', '/etc/passwd']],
  sha256sum: [['/etc/passwd']],
  env: [['-i', 'A=b', 'env']],
  gzip: [['-c', '/etc/passwd']],
};

const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-compare-'));
const counts = { compared: 0, starts: 0, refused: 0, different: 0 };
try {
  const named = process.argv.slice(2);
  for (const program of named.length > 0 ? named : everyProgram()) compareProgram(program);
} finally {
  rmSync(directory, { recursive: true });
}
const { compared, starts, refused, different } = counts;
console.log(
  `${compared} programs, ${starts} starts compared; ${refused} programs refused, ${different} differ`,
);
if (different > 0) process.exitCode = 1;

/** Each file once, by the first name that leads to it. */
function everyProgram() {
  const byFile = new Map();
  for (const folder of folders)
    for (const name of readdirSync(folder).sort()) {
      const typed = path.join(folder, name);
      const file = realFile(typed);
      if (file && !left.test(file) && !byFile.has(file) && isProgram(file)) byFile.set(file, typed);
    }
  return byFile.values();
}

function realFile(file) {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

function isProgram(file) {
  try {
    return fileKind(file).kind === 'x86-64';
  } catch {
    return false;
  }
}

function compareProgram(typed) {
  const problems = [];
  try {
    const program = loadProgram(typed);
    problems.push(...compareWithLinker(program, ['--version']).differences.slice(0, 3));
    problems.push(...compareStarts(program.invocation));
    counts.compared++;
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    counts.refused++;
    console.log(`refused: ${typed}: ${error.message}`);
  }
  if (problems.length > 0) counts.different++;
  for (const problem of problems) console.log(`${typed}: ${problem}`);
}

/** Throws LinkonceError with what `bind` said where it refuses. */
function compareStarts(file) {
  const launcher = path.join(directory, 'launcher');
  const bound = run(process.execPath, [tool, 'bind', '-o', launcher, file]);
  if (bound.status !== 0) throw new LinkonceError(bound.stderr.trim());
  const starts = [['--version'], ['--help'], ...(work[path.basename(realpathSync(file))] ?? [])];
  return starts.flatMap((args) => compareStart(launcher, file, args));
}

function compareStart(launcher, file, args) {
  const ours = run(launcher, args, { LINKONCE_DEBUG: '1' });
  const theirs = run(file, args, { LINKONCE_DEBUG: '1' });
  counts.starts++;
  const where = args.length > 0 ? args.join(' ') : 'without arguments';
  if (ours.stderr.includes('linkonce: ')) return [`${where}: ${/linkonce: .*/.exec(ours.stderr)[0]}`];
  const again = run(file, args, { LINKONCE_DEBUG: '1' });
  return ['stdout', 'stderr', 'status', 'signal']
    .filter((key) => ours[key] !== theirs[key] && theirs[key] === again[key])
    .map((key) => `${where}: ${key} is ${excerpt(ours[key])}, not ${excerpt(theirs[key])}`);
}

function excerpt(value) {
  return JSON.stringify(value)?.slice(0, 300);
}

function run(file, args, environment = {}) {
  const { stdout, stderr, status, signal } = spawnSync(file, args, {
    env: { ...process.env, ...environment },
    cwd: '/',
    input: '',
    encoding: 'latin1',
    timeout: 60_000,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 28,
  });
  return { stdout, stderr, status, signal };
}
