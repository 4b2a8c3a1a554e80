/** The files of the Debian package, each where Debian has such. */
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { copyrightText, debianChangelog } from './deb-texts.mjs';

/**
 * @typedef {object} Facts
 * @property {string} version of the Debian package
 * @property {string} upstream version of linkonce
 * @property {string} maintainer
 * @property {number} seconds the time of everything
 */

const home = 'usr/lib/linkonce';
const documents = 'usr/share/doc/linkonce';

/** @param {string} tree @param {string} work a folder for what is made on the way @param {Facts} facts */
export async function fillTree(tree, work, facts) {
  addPackage(join(tree, home), work);
  addNode(tree);
  addLinks(tree);
  addHooks(tree);
  addCompletions(tree);
  addManual(tree);
  writeText(
    tree,
    'usr/share/lintian/overrides/linkonce',
    readFileSync('scripts/deb/lintian-overrides', 'utf8'),
  );
  writeText(tree, `${documents}/copyright`, copyrightText(join(tree, home)));
  writePacked(tree, `${documents}/changelog.gz`, readFileSync('CHANGELOG.md'));
  writePacked(tree, `${documents}/changelog.Debian.gz`, Buffer.from(debianChangelog(facts)));
}

/** What `npm pack` packs, and the packages that it needs as they are installed here: those of package-lock.json. @param {string} target @param {string} work */
function addPackage(target, work) {
  mkdirSync(target, { recursive: true });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', work], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const packed = readdirSync(work).find((name) => name.endsWith('.tgz')) ?? '';
  execFileSync('tar', ['-xzf', join(work, packed), '-C', target, '--strip-components=1']);
  const listed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], { encoding: 'utf8' });
  const [root = '', ...packages] = listed.trim().split('\n');
  for (const folder of packages.map((each) => relative(root, each)).filter(isOutermost))
    cpSync(join(root, folder), join(target, folder), { recursive: true });
  // For a libc that Debian does not have.
  rmSync(join(target, 'node_modules/@koromix/koffi-linux-x64/musl_x64'), { recursive: true });
}

/** What stands in another package comes with it. @param {string} folder */
const isOutermost = (folder) => folder.lastIndexOf('node_modules') === 0;

const debugged = ['self-test', 'watcher.so'];

/** `./linkonce` takes this Node where it is there. Symbols are for debuggers. @param {string} tree */
function addNode(tree) {
  const node = join(tree, home, 'node');
  copyFileSync(realpathSync(process.execPath), node);
  execFileSync('strip', [
    '--strip-unneeded',
    node,
    ...debugged.map((name) => join(tree, home, 'build/native', name)),
  ]);
  writePacked(tree, `${documents}/node.copyright.gz`, readFileSync(nodeLicence()));
}

/** As distributed by Node's own archives, and by packages of Debian. */
function nodeLicence() {
  const places = [
    join(dirname(realpathSync(process.execPath)), '../LICENSE'),
    '/usr/share/doc/nodejs/copyright',
  ];
  const found = places.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`the licence of this Node is not there: ${places.join(', ')}`);
  return found;
}

/** @param {string} tree */
function addLinks(tree) {
  mkdirSync(join(tree, 'usr/bin'), { recursive: true });
  symlinkSync('../lib/linkonce/linkonce', join(tree, 'usr/bin/linkonce'));
  if (existsSync(join(tree, home, 'build/native/linkonce-settle')))
    symlinkSync('../lib/linkonce/build/native/linkonce-settle', join(tree, 'usr/bin/linkonce-settle'));
}

/** Hook and units of contrib/ are for /usr/local; here they stand where Debian looks for them, and only there. @param {string} tree */
function addHooks(tree) {
  const contrib = join(tree, home, 'contrib');
  const places = [
    ['apt/90linkonce', 'etc/apt/apt.conf.d/90linkonce'],
    ['linkonce-update', `${home}/contrib/linkonce-update`],
    ...readdirSync(join(contrib, 'systemd')).map((unit) => [
      `systemd/${unit}`,
      `usr/lib/systemd/system/${unit}`,
    ]),
  ];
  for (const [from = '', to = ''] of places)
    writeText(tree, to, forDebian(readFileSync(join(contrib, from), 'utf8')));
  rmSync(join(contrib, 'apt'), { recursive: true });
  rmSync(join(contrib, 'systemd'), { recursive: true });
  chmodSync(join(contrib, 'linkonce-update'), 0o755);
}

/** A checkout's command in /usr/local/bin would stand first in PATH. @param {string} text */
function forDebian(text) {
  return text
    .replaceAll('/usr/local/sbin/linkonce-update', `/${home}/contrib/linkonce-update`)
    .replaceAll('/usr/local/bin/linkonce', '/usr/bin/linkonce')
    .replace('${LINKONCE:-linkonce}', '${LINKONCE:-/usr/bin/linkonce}');
}

/** @param {string} tree */
function addCompletions(tree) {
  const places = {
    bash: 'usr/share/bash-completion/completions/linkonce',
    zsh: 'usr/share/zsh/vendor-completions/_linkonce',
    fish: 'usr/share/fish/vendor_completions.d/linkonce.fish',
  };
  for (const [shell, file] of Object.entries(places))
    writeText(
      tree,
      file,
      execFileSync(process.execPath, ['dist/src/cli/main.js', 'completion', shell], { encoding: 'utf8' }),
    );
}

/** @param {string} tree */
function addManual(tree) {
  for (const name of readdirSync('docs/man'))
    writePacked(tree, `usr/share/man/man${name.slice(-1)}/${name}.gz`, readFileSync(join('docs/man', name)));
}

/** @param {string} tree @param {string} file @param {string} text */
function writeText(tree, file, text) {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), text);
}

/** @param {string} tree @param {string} file @param {Buffer} bytes */
function writePacked(tree, file, bytes) {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), gzipSync(bytes, { level: 9 }));
}

/** Compilers make what they link executable, and npm the commands of packages. */
const isOnlyRead = /\.(so|bin|node)$|\/node_modules\//;

/** Permissions and times that do not depend on who made it when. @param {string} tree @param {number} seconds */
export function settleTree(tree, seconds) {
  const names = readdirSync(tree, { recursive: true, encoding: 'utf8' });
  for (const file of ['.', ...names].map((name) => join(tree, name))) {
    const status = lstatSync(file);
    const isExecuted = status.isDirectory() || ((status.mode & 0o100) !== 0 && !isOnlyRead.test(file));
    if (!status.isSymbolicLink()) chmodSync(file, isExecuted ? 0o755 : 0o644);
    lutimesSync(file, seconds, seconds);
  }
}
