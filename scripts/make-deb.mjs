/**
 * `npm run deb`: makes linkonce_VERSION_amd64.deb, for Debian 12 and later, of what `npm pack` packs and the packages that it needs, with the
 * Node that runs this: linkonce is then tried with one Node only, which Debian 12 does not have, and which is nobody else's to replace.
 *
 *     node scripts/make-deb.mjs [--quick] [FOLDER]
 *
 * The file goes to FOLDER (default: this package's). `--quick` compresses it hardly, for tests. The same commit gives the same bytes, by the
 * same compilers and Node: all times are SOURCE_DATE_EPOCH, or that of the last commit.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeControl } from './lib/deb-control.mjs';
import { fillTree, settleTree } from './lib/deb-tree.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' } },
});
const folder = resolve(positionals[0] ?? '.');
// Where npm and git look, and what is packed.
process.chdir(join(import.meta.dirname, '..'));

const { version: upstream } = JSON.parse(readFileSync('package.json', 'utf8'));
const facts = {
  version: `${upstream}-1`,
  upstream,
  maintainer: `${process.env.DEBFULLNAME ?? 'The linkonce authors'} <${process.env.DEBEMAIL ?? 'linkonce@packages.invalid'}>`,
  seconds: Number(process.env.SOURCE_DATE_EPOCH ?? said('git', 'log', '-1', '--format=%ct')),
};

/** @param {string} command @param {string[]} args */
function said(command, ...args) {
  return execFileSync(command, args, { encoding: 'utf8' }).trim();
}

const work = mkdtempSync(join(tmpdir(), 'linkonce-deb-'));
try {
  const tree = join(work, 'tree');
  await fillTree(tree, work, facts);
  await writeControl(tree, facts);
  settleTree(tree, facts.seconds);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `linkonce_${facts.version}_amd64.deb`);
  const compression = values.quick ? ['-Zgzip', '-z1'] : ['-Zxz'];
  execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', tree, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(facts.seconds) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const installed = said('dpkg-deb', '--field', file, 'Installed-Size');
  console.log(
    `${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB, ${(Number(installed) / 1e3).toFixed(0)} MB installed`,
  );
} finally {
  rmSync(work, { recursive: true });
}
