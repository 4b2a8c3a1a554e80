/**
 * A tree that shows a folder: a file's bytes are those of the file there. `broken` throws, `short` answers too little. An update
 * names another folder.
 */
import { Buffer } from 'node:buffer';
import { openSync, readSync, readdirSync, readlinkSync, lstatSync } from 'node:fs';
import path from 'node:path';

let next = 2;

/** @param {string} place */
function attributes(place) {
  const { mode, uid, gid, mtimeNs, ctimeNs } = lstatSync(place, { bigint: true });
  return { mode: Number(mode) & 0o7777, uid: Number(uid), gid: Number(gid), mtimeNs, ctimeNs };
}

/** @param {string} place */
function reader(place) {
  const file = openSync(place, 'r');
  const name = path.basename(place);
  return (offset, length) => {
    if (name === 'broken') throw new Error('broken on purpose');
    const bytes = Buffer.alloc(name === 'short' ? length - 1 : length);
    readSync(file, bytes, 0, bytes.length, offset);
    return bytes;
  };
}

/** @param {string} place @param {import('node:fs').Dirent} found */
function node(place, found) {
  const common = { ino: next++, ...attributes(place) };
  if (found.isDirectory()) return { ...common, kind: 'directory', entries: entries(place) };
  if (found.isSymbolicLink()) return { ...common, kind: 'link', target: readlinkSync(place) };
  return { ...common, kind: 'file', size: lstatSync(place).size, read: reader(place) };
}

/** @param {string} folder */
function entries(folder) {
  const found = readdirSync(folder, { withFileTypes: true });
  return new Map(found.map((each) => [each.name, node(path.join(folder, each.name), each)]));
}

/** @param {string} folder */
function root(folder) {
  return { ino: 1, ...attributes(folder), kind: 'directory', entries: entries(folder) };
}

/** @param {{ folder: string }} data */
export default function createTree({ folder }) {
  const tree = {
    root: root(folder),
    update(message) {
      tree.root = root(message.folder);
    },
  };
  return tree;
}
