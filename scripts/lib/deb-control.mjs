/** DEBIAN/: what dpkg is told of the package. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { dependencies } from './deb-depends.mjs';

/** @typedef {import('./deb-tree.mjs').Facts} Facts */

/** @param {string} tree @param {Facts} facts */
export async function writeControl(tree, facts) {
  const files = readdirSync(tree, { recursive: true, encoding: 'utf8' }).sort();
  const folder = join(tree, 'DEBIAN');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'control'),
    controlText(facts, sizeOf(tree, files), await dependencies(tree, files)),
  );
  writeFileSync(join(folder, 'md5sums'), sumsOf(tree, files));
  const settings = files.filter((file) => file.startsWith('etc/') && lstatSync(join(tree, file)).isFile());
  writeFileSync(join(folder, 'conffiles'), settings.map((file) => `/${file}\n`).join(''));
  for (const script of ['postinst', 'prerm', 'postrm']) {
    copyFileSync(join('scripts/deb', script), join(folder, script));
    chmodSync(join(folder, script), 0o755);
  }
}

/** @param {Facts} facts @param {number} size in KiB @param {string} depends */
function controlText({ version, maintainer }, size, depends) {
  return `Package: linkonce
Version: ${version}
Architecture: amd64
Maintainer: ${maintainer}
Installed-Size: ${size}
Depends: ${depends}
Suggests: fuse3, gcc, libc6-dev
Section: utils
Priority: optional
Description: relocate programs once, and share the result between processes
 The dynamic linker finds, maps and relocates a program's modules at each
 start, and each process keeps a private copy of what that wrote. linkonce
 lets it do so once, and writes launchers whose processes map the result,
 shared; on any doubt they hand over to the dynamic linker.
 .
 Programs of the machine's store are brought up to date whenever apt installed
 something, and at each boot. The package has a Node.js of its own.
`;
}

/** As dpkg-gencontrol counts: files by whole KiB, and one for all else. @param {string} tree @param {string[]} files */
function sizeOf(tree, files) {
  const sizes = files.map((file) => lstatSync(join(tree, file)));
  return sizes.reduce((sum, status) => sum + (status.isFile() ? Math.ceil(status.size / 1024) : 1), 0);
}

/** Of all but what an administrator may change. @param {string} tree @param {string[]} files */
function sumsOf(tree, files) {
  const plain = files.filter((file) => lstatSync(join(tree, file)).isFile() && !file.startsWith('etc/'));
  const sum = (/** @type {string} */ file) =>
    createHash('md5')
      .update(readFileSync(join(tree, file)))
      .digest('hex');
  return plain.map((file) => `${sum(file)}  ${file}\n`).join('');
}
