/** The tree of places, which an update can leave without memory: then no file can be read. */
import createPlaces from '../../dist/src/pagein/places-tree.js';

export default function createTree(data) {
  const { root, live } = createPlaces(data);
  let isPoor = false;
  const poor = new Map();
  const wrap = (node) => {
    const known = poor.get(node.ino) ?? (node.kind === 'directory' ? wrapFolder(node) : wrapFile(node));
    poor.set(node.ino, known);
    return known;
  };
  const wrapFile = (file) => ({
    ...file,
    read(offset, length) {
      if (isPoor) throw new RangeError('Array buffer allocation failed');
      return file.read(offset, length);
    },
  });
  const wrapFolder = (folder) => {
    const rest = Object.getOwnPropertyDescriptors(folder);
    delete rest.entries;
    return Object.defineProperties(
      {
        get entries() {
          return new Map([...folder.entries].map(([name, node]) => [name, wrap(node)]));
        },
      },
      rest,
    );
  };
  return { root: wrap(root), live, update: (poorNow) => void (isPoor = poorNow) };
}
