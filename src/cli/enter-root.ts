/**
 * `--root DIR`: the command runs in a process whose root is DIR (native/enter.c), as if it had been called in the container whose root
 * that is: programs, modules, linker and its cache, and all paths that come into files, are those of there. Node is the one of this
 * machine, with its own linker and libraries: a container has none, and perhaps an older libc, or musl.
 */
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { readElf } from '../elf/read-elf.ts';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';
import { isInOtherRoot, shownInRoot } from '../util/node-command.ts';
import { execute } from './exec.ts';

/** What a container gives its processes, for want of another knowledge. */
const environmentOfRoot = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  TMPDIR: shownInRoot.temporary,
};
/** How this terminal shows what is written. */
const ofTerminal = ['TERM', 'COLORTERM', 'NO_COLOR', 'FORCE_COLOR'];

/** Becomes the same command in that root; returns where it runs there already. Throws LinkonceError where it cannot be entered. */
export function enterRoot(root: string): void {
  if (isInOtherRoot()) return;
  const folder = folderOf(root);
  if (folder === '/') return;
  requireNoPreload(folder);
  const enter = nativePart('enter');
  execute(enter, [enter, folder, ...commandInside(), ...process.argv.slice(2)], environment());
}

function folderOf(root: string): string {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new LinkonceError(`${root}: is not a folder`);
  return realpathSync(root);
}

/** A linker that is of this machine reads it, too, and libraries of another one may not go with its C library. */
function requireNoPreload(root: string): void {
  const preload = path.join(root, 'etc', 'ld.so.preload');
  if (lstatSync(preload, { throwIfNoEntry: false }))
    throw new LinkonceError(
      `${preload}: goes into every program there, also into Node: nothing is bound with it`,
    );
}

/** Node by its linker; without links, which would lead elsewhere there. */
function commandInside(): string[] {
  const node = realpathSync(process.execPath);
  const { interpreter } = readElf(node);
  const linker = interpreter === undefined ? [] : [inside(interpreter), '--library-path', libraries()];
  return [...linker, inside(node), inside(process.argv[1] ?? '')];
}

function inside(file: string): string {
  return path.join(shownInRoot.machine, realpathSync(file));
}

/** Folders of all libraries that this process has. */
function libraries(): string {
  const maps = readFileSync('/proc/self/maps', 'utf8');
  const files = [...maps.matchAll(/ (\/.*\.so(?:\.[^/\n]*)?)$/gm)].map(([, file = '']) => file);
  return [...new Set(files.map((file) => path.dirname(inside(file))))].join(':');
}

function environment(): NodeJS.ProcessEnv {
  const shown = Object.entries(process.env).filter(([name]) => ofTerminal.includes(name));
  return { ...environmentOfRoot, ...Object.fromEntries(shown) };
}
