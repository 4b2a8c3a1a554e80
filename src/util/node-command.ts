/**
 * How this Node is started again. In another root (cli/enter-root.ts), and as a guest in an image (contrib/oci), it runs by the linker and
 * with the libraries of the root that it comes from: `process.execPath` is that linker then.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What native/enter.c makes in the tmpfs over `/dev` of another root. */
export const shownInRoot = { machine: '/dev/.linkonce/root', temporary: '/dev/.linkonce/tmp' } as const;

/** Whether this process was started in another root. */
export function isInOtherRoot(): boolean {
  return mainScript().startsWith(`${shownInRoot.machine}/`);
}

/** A command line, to which a script and its arguments are to be added. Its script was named by its real path where a linker runs Node. */
export function nodeCommand(): [file: string, ...args: string[]] {
  if (!/^ld[-.]/.test(path.basename(process.execPath))) return [process.execPath];
  const words = readFileSync('/proc/self/cmdline', 'utf8').split('\0');
  const [file = process.execPath, ...args] = words.slice(0, words.indexOf(mainScript()));
  return [file, ...args];
}

function mainScript(): string {
  return process.argv[1] ?? '';
}
