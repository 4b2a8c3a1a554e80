/**
 * Binds programs that open modules with dlopen, each with the modules that a learning run finds, and starts them: natively twice (what
 * differs then is the program's own chance), and by the launcher. Prints a row for each: modules that it opens, how many of these are
 * prepared, and whether output and status are the same. Exit status 1 where a launcher differs or hands over. Reads the built tool: first
 * `npm run build`.
 *
 *     node scripts/check-opened.mjs [SYSTEM:VARIANT [NAME…]]      default: image, all programs of this list that the machine has
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const [system = 'image', ...wanted] = process.argv.slice(2);
const tool = new URL('../dist/src/cli/main.js', import.meta.url).pathname;
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-opened-'));
const display = ':87';
const environment = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  HOME: folder,
  LANG: 'C.UTF-8',
  LINKONCE_DEBUG: '1',
  // Of apache2: its configuration names them.
  ...{ APACHE_RUN_DIR: folder, APACHE_LOG_DIR: folder, APACHE_LOCK_DIR: folder },
  ...{ APACHE_PID_FILE: `${folder}/pid`, APACHE_RUN_USER: 'www-data', APACHE_RUN_GROUP: 'www-data' },
  ...{
    DISPLAY: display,
    NO_AT_BRIDGE: '1',
    LIBGL_ALWAYS_SOFTWARE: '1',
    GDK_BACKEND: 'x11',
    XDG_RUNTIME_DIR: folder,
  },
};

const library = '/usr/lib/x86_64-linux-gnu';
const python = (...modules) => ['python3.11', '-c', `import ${modules.join(', ')}; print("imported")`];
const perl = (code, ...modules) => ['perl', ...modules.map((each) => `-M${each}`), '-e', code];

/** Each is a program with its arguments. A file that it reads is made below. */
const commands = [
  python('ssl', 'json', 'ctypes', 'sqlite3', 'hashlib', 'decimal'),
  python('curses', 'readline', 'zlib', 'bz2', 'lzma', 'csv', 'audioop'),
  python(
    'asyncio',
    'multiprocessing',
    'socket',
    'select',
    'mmap',
    'resource',
    'termios',
    'fcntl',
    'pwd',
    'grp',
  ),
  python('cryptography.hazmat.bindings._rust', '_cffi_backend', 'yaml', 'dbus', 'apt_pkg'),
  ['python3.11', '-c', 'import decimal, datetime, random, unicodedata; print(decimal.Decimal(2).sqrt())'],
  ['python3.11', '-c', 'import sqlite3; print(sqlite3.connect(":memory:").execute("select 6*7").fetchall())'],
  [
    'python3.11',
    '-c',
    'import ctypes; c = ctypes.CDLL("libm.so.6"); c.cos.restype = ctypes.c_double; print(c.cos(ctypes.c_double(0)))',
  ],
  [
    'python3.11',
    '-c',
    'from gi.repository import GLib, Gio; print(GLib.MAJOR_VERSION, Gio.File.new_for_path("/").get_uri())',
  ],
  [
    'python3.11',
    '-c',
    'import gi; gi.require_version("Gtk", "3.0"); from gi.repository import Gtk; print(Gtk.MAJOR_VERSION, Gtk.init_check()[0])',
  ],
  [
    'python3.11',
    '-c',
    'import ssl, hashlib; print(ssl.OPENSSL_VERSION, hashlib.new("md4", usedforsecurity=False) if 0 else "")',
  ],
  perl('print floor(2.5), sha1_hex("x"), encode("UTF-16LE", "x")', 'POSIX', 'Digest::SHA=sha1_hex', 'Encode'),
  perl(
    'print Dumper(thaw(freeze([1, {a => 2}])))',
    'Storable=freeze,thaw',
    'Data::Dumper',
    'Socket',
    'IO::Handle',
  ),
  perl(
    'print time > 0, sum(1..10), md5_base64("x"), getcwd',
    'Time::HiRes=time',
    'List::Util=sum',
    'Digest::MD5=md5_base64',
    'Cwd',
  ),
  perl('threads->create(sub { print "in a thread\n" })->join', 'threads', 'threads::shared'),
  [
    'ruby',
    '-e',
    'require "json"; require "socket"; require "zlib"; require "psych"; puts JSON.dump([1]), Zlib.crc32("x")',
  ],
  [
    'ruby',
    '-e',
    'require "openssl"; require "digest"; require "date"; puts OpenSSL::VERSION, Digest::SHA256.hexdigest("x")',
  ],
  [
    'ruby',
    '-e',
    'require "ripper"; require "bigdecimal"; require "strscan"; puts Ripper.sexp("1+1").inspect, BigDecimal("1.5")',
  ],
  ['php', '-m'],
  [
    'php',
    '-r',
    'echo json_encode([mb_strlen("x"), ctype_alpha("a"), hash("sha256", "x"), class_exists("PDO")]);',
  ],
  ['curl', '-s', 'file:///etc/hostname'],
  ['curl', '-sS', 'https://127.0.0.1:1/'],
  ['wget', '-q', '-O', '-', 'https://127.0.0.1:1/'],
  ['apache2', '-t', '-f', `${folder}/apache.conf`],
  ['apache2', '-M', '-f', `${folder}/apache.conf`],
  ['nginx', '-t', '-g', `pid ${folder}/nginx.pid; error_log stderr;`],
  ['openssl', 'list', '-providers', '-provider', 'legacy', '-provider', 'default'],
  ['openssl', 'engine', '-t', 'padlock', 'loader_attic', 'afalg'],
  ['openssl', 'dgst', '-md4', '-provider', 'legacy', '/etc/hostname'],
  ['ssh', '-V'],
  ['ssh-keygen', '-D', '/nowhere/pkcs11.so'],
  ['gpg', '--list-keys'],
  ['gpgsm', '--version'],
  ['sqlite3', ':memory:', `.load ${folder}/extension`, 'select answer()'],
  ['vim', '-es', '-u', 'NONE', '-c', 'silent! py3 print(6 * 7)', '-c', 'q'],
  ['gdb', '-batch', '-ex', 'python import ssl, json, decimal; print(ssl.OPENSSL_VERSION)'],
  ['/usr/lib/git-core/git-remote-https', 'origin', 'https://127.0.0.1:1/'],
  ['git', 'ls-remote', 'https://127.0.0.1:1/x'],
  [
    'node',
    '-e',
    `const m = { exports: {} }; process.dlopen(m, ${JSON.stringify(koffi())}); console.log(typeof m.exports)`,
  ],
  ['lua5.4', '-e', `print(package.loadlib("${folder}/extension.so", "*"))`],
  ['tclsh', `${folder}/load.tcl`],
  ['iconv', '-f', 'UTF-8', '-t', 'SHIFT_JIS', `${folder}/text`],
  ['iconv', '-f', 'UTF-16', '-t', 'EBCDIC-INT', `${folder}/text`],
  ['getent', 'passwd', 'root', 'nobody', 'systemd-network'],
  ['getent', 'ahosts', 'localhost'],
  ['getent', 'services', 'https'],
  ['id', '-un'],
  ['gio', 'info', '/etc/hostname', '-a', 'standard::name,standard::content-type'],
  ['gio', 'mount', '-l'],
  ['gsettings', 'list-schemas'],
  [`${library}/gdk-pixbuf-2.0/gdk-pixbuf-query-loaders`],
  [`${library}/libgtk-3-0/gtk-query-immodules-3.0`],
  [`${library}/glib-2.0/gio-querymodules`, `${folder}`],
  [`${library}/libgtk2.0-0/gtk-query-immodules-2.0`],
  ['gtk3-demo-application', '--gapplication-service', '--help-all'],
  ['gtk3-demo', '--list'],
  ['gtk3-demo', '--autoquit', '--run', 'builder'],
  ['gtk3-widget-factory', '--version'],
  ['java', '-version'],
  ['/usr/lib/libreoffice/program/soffice.bin', '--headless', '--terminate_after_init'],
  ['/usr/lib/libreoffice/program/soffice.bin', '--headless', '--convert-to', 'txt', `${folder}/text`],
  ['/usr/lib/libreoffice/program/soffice.bin', '--version'],
  ['convert', '-list', 'format'],
  ['ffmpeg', '-hide_banner', '-f', 'lavfi', '-i', 'testsrc=d=0.1', '-f', 'null', '-loglevel', 'error', '-'],
  ['psql', '--version'],
  ['/usr/lib/postgresql/15/bin/postgres', '--version'],
  ['redis-server', '--version'],
  ['fc-list', ':', 'family'],
  ['ip', '-br', 'link', 'show', 'lo'],
  ['tc', 'qdisc', 'show', 'dev', 'lo'],
  ['systemd-analyze', '--version'],
  ['systemctl', '--version'],
  ['perf', '--version'],
  ['ld', '-plugin', plugin(), '--version'],
  ['gold', '--plugin', plugin(), '--version'],
  ['ar', 'p', '--plugin', plugin(), `${folder}/archive.a`, 'text'],
  ['ranlib', '--plugin', plugin(), `${folder}/archive.a`],
  ['ps', '-o', 'comm=', '-p', '1'],
  ['make', '-f', `${folder}/Makefile`],
  ['bash', '-c', `enable -f ${folder}/extension.so nothing; echo $?`],
  ['Xvfb', '-version'],
];

function koffi() {
  const file = new URL('../node_modules/koffi/build/koffi/linux_x64/koffi.node', import.meta.url).pathname;
  return file;
}

function ofGcc(question) {
  return String(spawnSync('gcc', [question], { encoding: 'utf8' }).stdout).trim();
}

function plugin() {
  return ofGcc('-print-file-name=liblto_plugin.so');
}

function prepareFiles() {
  writeFileSync(path.join(folder, 'text'), 'plain text\n');
  writeFileSync(
    path.join(folder, 'load.tcl'),
    `puts [catch {load ${folder}/extension.so} reason]; puts $reason\n`,
  );
  writeFileSync(path.join(folder, 'Makefile'), `-load ${folder}/extension.so\nall: ; @echo made\n`);
  const source = `
    #include <sqlite3ext.h>
    SQLITE_EXTENSION_INIT1
    int plugin_is_GPL_compatible;
    static void answer(sqlite3_context *c, int n, sqlite3_value **v) { (void)n; (void)v; sqlite3_result_int(c, 42); }
    int sqlite3_extension_init(sqlite3 *db, char **e, const sqlite3_api_routines *api) {
      SQLITE_EXTENSION_INIT2(api);
      (void)e;
      return sqlite3_create_function(db, "answer", 0, SQLITE_UTF8, 0, answer, 0, 0);
    }
    int extension_gmk_setup(void) { return 1; }`;
  const args = ['-shared', '-fPIC', '-O1', '-x', 'c', '-', '-o', path.join(folder, 'extension.so')];
  spawnSync('ar', ['rc', path.join(folder, 'archive.a'), path.join(folder, 'text')]);
  writeFileSync(path.join(folder, 'apache.conf'), apacheConfiguration());
  // Without the header there is no such plug-in; what opens it says so each time.
  spawnSync('cc', args, { input: source });
}

/** All modules of apache2 that can be together. */
function apacheConfiguration() {
  const modules = '/usr/lib/apache2/modules';
  const files = existsSync(modules) ? readdirSync(modules).filter((name) => /^mod_.*\.so$/.test(name)) : [];
  const lines = files
    .filter(
      (name) => !/mpm_(prefork|worker)|suexec|_md\.so|heart|session_crypto|unique_id|cgi\.so/.test(name),
    )
    .flatMap((name) => {
      const symbols = spawnSync('nm', ['-D', '--defined-only', path.join(modules, name)], {
        encoding: 'utf8',
      }).stdout;
      const [, module] = / [DR] (\w+_module)$/m.exec(symbols) ?? [];
      return module ? [`LoadModule ${module} ${path.join(modules, name)}`] : [];
    });
  return ['ServerName localhost', `PidFile ${folder}/pid`, 'Listen 127.0.0.1:8087', ...lines, ''].join('\n');
}

function findInPath(name) {
  const candidates = name.includes('/')
    ? [name]
    : environment.PATH.split(':').map((each) => path.join(each, name));
  return candidates.find((file) => existsSync(file));
}

const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

function run(file, args, limit = 120_000) {
  const settings = { cwd: folder, input: '', env: environment, maxBuffer: 1 << 27, timeout: limit };
  const { stdout, stderr, status, signal } = spawnSync(file, args, settings);
  return JSON.stringify([String(stdout), String(stderr), status, signal]);
}

/** What tells two runs of one program apart: numbers of processes, addresses, times. */
function settled(outcome) {
  return outcome
    .replaceAll(/\b\d+\.\d+ ?(s|ms|sec)\b/g, 'TIME')
    .replaceAll(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/g, 'DATE')
    .replaceAll(/\b\d+#\d+\b/g, 'PROCESS')
    .replaceAll(/[0-9A-F]{16}:error/g, 'THREAD:error')
    .replaceAll(/0x[0-9a-f]{6,}/g, 'ADDRESS')
    .replaceAll(/\b(pid|PID|process)[ =:]*\d+/g, 'PROCESS')
    .replaceAll(/([a-z0-9-]+):\d{3,7}\)/g, '$1:PROCESS)');
}

/** Answers the numbers that the bind says, or why there is no launcher. */
function bind(file, args, output) {
  const line = args.map(quoted).join(' ');
  const bindArgs = ['bind', '--system', system, '--learn', line, '-v', '-o', output, file];
  const env = { ...environment, LINKONCE_DEBUG: undefined };
  const { stdout, stderr, status } = spawnSync(process.execPath, [tool, ...bindArgs], {
    encoding: 'utf8',
    cwd: folder,
    env,
  });
  if (status !== 0) return { refused: stderr.trim().split('\n').at(-1) ?? 'no reason' };
  const [, opens = '0', rest = ''] = /opens (\d+)(.*)/.exec(stdout) ?? [];
  const prepared = rest.includes('all prepared') ? opens : (/(\d+) prepared/.exec(rest)?.[1] ?? '0');
  return {
    opens: Number(opens),
    prepared: Number(prepared),
    note: /handed over[^\n]*|through ld\.so[^\n]*/.exec(stdout)?.[0],
  };
}

function check(command, index) {
  const [name = '', ...args] = command;
  const file = findInPath(name);
  if (file === undefined) return { name, what: 'not installed' };
  const output = path.join(folder, `${path.basename(name)}-${String(index)}`);
  const [first, second] = [run(file, args), run(file, args)].map(settled);
  const bound = bind(file, args, output);
  if (bound.refused !== undefined) return { name, what: `refused: ${bound.refused}` };
  const own = settled(run(output, args));
  rmSync(output, { force: true });
  const isSame = own === second || own === first;
  if (isSame) return { name, ...bound, what: 'same' };
  if (own.includes('handed over')) return { name, ...bound, what: 'handed over', details: [first, own] };
  return {
    name,
    ...bound,
    what: first === second ? 'different' : 'differs natively too',
    details: [first, second, own],
  };
}

const server = existsSync('/usr/bin/Xvfb')
  ? spawn('Xvfb', [display, '-screen', '0', '800x600x24'], { stdio: 'ignore' })
  : undefined;
const results = [];
try {
  prepareFiles();
  const chosen = commands.filter(([name]) => wanted.length === 0 || wanted.includes(path.basename(name)));
  for (const [index, command] of chosen.entries()) {
    const result = check(command, index);
    results.push(result);
    const numbers = result.opens === undefined ? '' : `opens ${result.opens}, ${result.prepared} prepared: `;
    console.log(`${command.join(' ').slice(0, 90)}: ${numbers}${result.what}`);
    for (const each of result.details ?? []) console.log(`    ${each.slice(0, 600)}`);
  }
} finally {
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
}
const counted = new Map();
for (const { what } of results) {
  const key = what.split(':')[0];
  counted.set(key, (counted.get(key) ?? 0) + 1);
}
const opening = results.filter(({ opens = 0 }) => opens > 0);
const sum = (key) => opening.reduce((total, result) => total + result[key], 0);
console.log(
  `${[...counted].map(([what, count]) => `${count} ${what}`).join(', ')}; ${opening.length} of them open modules, ` +
    `${sum('opens')} in all, ${sum('prepared')} of these prepared`,
);
process.exitCode = results.some(({ what }) => what === 'different' || what === 'handed over') ? 1 : 0;
