/**
 * How many starts run from their image under the conditions of daily life: a store of everyday programs, made once by this user, is
 * started as another user, with variables and limits that services and containers set, with another ld.so.cache, in a user's
 * namespace. Each outcome is compared with the program's own under the same condition. Prints a table: from the image, handed over by
 * reason, and what was wrong (output, status, or a start that failed). Exit status 1 where something was wrong.
 *
 *     node bench/conditions.mjs [--store DIR] [--only CONDITION…]
 *
 * `--store`: one that is there and has these programs; it is left as it is. Else one is made in a temporary folder and removed. Root
 * sees all conditions; another user those that need no root. Reads the built tool: first `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { store: { type: 'string' }, only: { type: 'string', multiple: true } },
});
const tool = new URL('../dist/src/cli/main.js', import.meta.url).pathname;
const isRoot = process.getuid() === 0;

/** Servers, compilers, interpreters, tools, graphical programs. Those that are not here are left out. */
const programs = `
  nginx redis-server redis-cli sshd dnsmasq memcached mariadbd postgres rsync stunnel4 cron dbus-daemon slapd haproxy
  gcc g++ cpp cc1 as ld.bfd gdb strace ltrace make cmake ninja clang-14 lld-14 mold objdump readelf nm patchelf rustc go valgrind perf
  python3 perl ruby php lua5.4 bash dash zsh gawk mawk guile tclsh octave R node sqlite3 jq bc dc gnuplot
  git vim.basic vim.nox emacs-nox nano tmux screen less man curl wget openssl gpg ssh ssh-keygen scp socat nc.openbsd dig
  tar gzip bzip2 xz zstd unzip 7z cpio squashfs mksquashfs bwrap fuse3 fusermount3 ip ss tcpdump lsof htop top ps find grep sed
  ffmpeg ffprobe gs convert identify pdftotext pdftoppm qpdf dot rsvg-convert xmllint xsltproc tidy file iconv
  xterm gtk3-demo gtk-launch gedit evince eog glxinfo xdpyinfo xrandr zenity xeyes gsettings gio soffice.bin chromium Xvfb xauth
  ls cp mv cat sort stat date id env printf sha256sum od expr diff patch cmp locale getent dpkg dpkg-query apt-get apt-cache
`
  .split(/\s+/)
  .filter((name) => name !== '');
const folders = ['/usr/bin', '/usr/sbin', '/usr/lib/chromium', '/usr/lib/libreoffice/program'];
const pathOf = (name) => folders.map((each) => path.join(each, name)).find(existsSync);

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-conditions-'));
chmodSync(folder, 0o755);
const store = options.store ?? path.join(folder, 'store');
const base = { PATH: '/usr/bin:/bin', HOME: '/proc/nonexistent', LC_ALL: 'C.UTF-8', LINKONCE_DEBUG: '1' };
const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
/** The same cache as another file; nobody else sees it. */
const otherCache = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/ld.so.cache && exec "$@"'];
const arena = { MALLOC_ARENA_MAX: '2' };

const conditions = {
  'as at bind': {},
  'an ordinary user': { prefix: nobody, root: true },
  'MALLOC_ARENA_MAX=2': { variables: arena },
  'an ordinary user, MALLOC_ARENA_MAX=2': { prefix: nobody, variables: arena, root: true },
  'stack limit 1 MiB': { prefix: ['prlimit', '--stack=1048576:', '--'] },
  'stack limit 16 MiB': { prefix: ['prlimit', '--stack=16777216:', '--'], root: true },
  'no stack limit': { prefix: ['prlimit', '--stack=unlimited', '--'], root: true },
  'another ld.so.cache': { prefix: [...otherCache, path.join(folder, 'ld.so.cache')], root: true },
  'a user’s namespace (unshare -Ur)': {
    prefix: [...(isRoot ? nobody : []), 'unshare', '--user', '--map-root-user'],
  },
  'a service’s environment': {
    variables: { INVOCATION_ID: '0', LISTEN_FDS: '0' },
    prefix: ['prlimit', '--nofile=1024', '--core=0', '--'],
  },
};

function bindAll() {
  const files = programs.map(pathOf).filter((file) => file !== undefined);
  const settings = { encoding: 'utf8', maxBuffer: 1 << 26 };
  const add = [tool, 'store', 'add', '--store', store];
  const plain = spawnSync(process.execPath, [...add, ...files], settings);
  process.stdout.write(plain.stdout.split('\n').slice(-8).join('\n') + plain.stderr);
  const names = readdirSync(path.join(store, 'bin'));
  const bound = names.map(pathOf).filter((file) => file !== undefined);
  const more = spawnSync(process.execPath, [...add, '--env', 'MALLOC_ARENA_MAX=2', ...bound], settings);
  process.stdout.write(more.stderr);
}

/** One start: what it said and how it ended, and the loader's own words apart. */
function start(file, { prefix = [], variables = {} }) {
  const [command, ...args] = [...prefix, file, '--version'];
  const settings = {
    cwd: '/',
    timeout: 60_000,
    input: '',
    env: { ...base, ...variables },
    maxBuffer: 1 << 26,
  };
  const { stdout, stderr, status, signal } = spawnSync(command, args, settings);
  const lines = String(stderr).split('\n');
  return {
    said: lines.filter((line) => line.startsWith('linkonce: ')),
    outcome: JSON.stringify([
      String(stdout),
      lines.filter((line) => !line.startsWith('linkonce: ')),
      status,
      signal,
    ]),
  };
}

/** `image`, the reason of a hand-over, or what is wrong. What differs from start to start natively, too, is no fault. */
function judge(name, condition) {
  const program = pathOf(name);
  const own = start(program, condition);
  const { said, outcome } = start(path.join(store, 'bin', name), condition);
  const isSame = outcome === own.outcome || start(program, condition).outcome !== own.outcome;
  if (!isSame) return { wrong: outcome.slice(0, 200) };
  return said.length === 0
    ? {}
    : { reason: said.at(-1).replace(/^.*handed over to the platform's linker: /, '') };
}

function judgeAll(names, condition) {
  const judged = names.map((name) => ({ name, ...judge(name, condition) }));
  return {
    image: judged.filter(({ wrong, reason }) => wrong === undefined && reason === undefined),
    over: judged.filter(({ reason }) => reason !== undefined),
    wrong: judged.filter(({ wrong }) => wrong !== undefined),
  };
}

function byReason(over) {
  const reasons = new Map();
  for (const { name, reason } of over) reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  return reasons;
}

cpSync('/etc/ld.so.cache', path.join(folder, 'ld.so.cache'));
if (options.store === undefined) bindAll();
const names = readdirSync(path.join(store, 'bin')).filter((name) => pathOf(name) !== undefined);
const chosen = Object.entries(conditions).filter(
  ([name, { root = false }]) => (isRoot || !root) && (options.only?.includes(name) ?? true),
);
console.log(`${String(names.length)} programs\n`);
for (const [condition, how] of chosen) {
  const { image, over, wrong } = judgeAll(names, how);
  console.log(
    `${condition}: ${String(image.length)} from the image, ${String(over.length)} handed over, ${String(wrong.length)} wrong`,
  );
  for (const [reason, which] of byReason(over)) console.log(`  ${reason}: ${which.join(' ')}`);
  for (const { name, wrong: what } of wrong) console.log(`  ${name}: WRONG: ${what}`);
  if (wrong.length > 0) process.exitCode = 1;
}
rmSync(folder, { recursive: true, force: true });
