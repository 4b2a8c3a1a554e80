/** Texts that Debian wants beside a package: whose it is, and what changed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('./deb-tree.mjs').Facts} Facts */

/** The packages in it have their licences with them; that of Node has all that is in Node. @param {string} home the installed package */
export function copyrightText(home) {
  const packages = packagesBelow(join(home, 'node_modules'));
  const lines = packages.map(({ name, version, license }) => `  ${name} ${version}: ${license}\n`);
  return `linkonce, which this package installs in /usr/lib/linkonce:

${readFileSync('LICENSE', 'utf8').trimEnd()}

/usr/lib/linkonce/node is Node.js, unchanged but for its symbol table; its
licence, and those of what it is made of, are in node.copyright.gz.

Packages of npm in /usr/lib/linkonce/node_modules, each with its licence there:

${lines.join('')}`;
}

/** @param {string} folder @returns {{ name: string, version: string, license: string }[]} */
function packagesBelow(folder) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).sort();
  return names.flatMap((name) => {
    if (name.startsWith('@')) return packagesBelow(join(folder, name));
    const home = join(folder, name);
    if (!existsSync(join(home, 'package.json'))) return [];
    return [
      JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')),
      ...packagesBelow(join(home, 'node_modules')),
    ];
  });
}

/** In Debian's own format: the newest entry of CHANGELOG.md. @param {Facts} facts */
export function debianChangelog({ version, upstream, maintainer, seconds }) {
  const changes = changesOf(readFileSync('CHANGELOG.md', 'utf8'), upstream);
  const date = new Date(seconds * 1000).toUTCString().replace('GMT', '+0000');
  return `linkonce (${version}) unstable; urgency=medium\n\n${changes}\n -- ${maintainer}  ${date}\n`;
}

/** @param {string} text @param {string} version */
function changesOf(text, version) {
  const section = text.split(/^## /m).find((each) => each.startsWith(`${version}\n`));
  if (section === undefined) throw new Error(`CHANGELOG.md says nothing of ${version}`);
  const lines = section.split('\n').slice(1);
  const items = lines
    .join('\n')
    .split(/^- /m)
    .map((item) => item.replaceAll(/\s+/g, ' ').trim());
  return items.filter(Boolean).map(wrapped).join('');
}

/** An item in lines of at most 80 characters. @param {string} text */
const wrapped = (text) => `* ${text}`.replaceAll(/(.{1,76})(?: |$)/g, '    $1\n').replace(/^ {2}/, '');
