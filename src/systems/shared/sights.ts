/** What most variants say of tools: it follows from the files that code stands in. */
import type { SeenBy } from '../seen-by.ts';

/** Code is mapped from the modules' own files. */
export const codeInModules: SeenBy = {
  perf: 'all',
  uprobes: 'all',
  gdb: 'all',
  'core files': 'all',
  'eu-stack': 'all',
  valgrind: 'handedOver',
  needrestart: 'all',
  checkrestart: 'all',
};

/** Code stands in copies, which are ELF files with the modules' symbols and tables for unwinding. */
export const codeInCopies: SeenBy = {
  ...codeInModules,
  perf: 'ownFiles',
  uprobes: 'nothing',
  'eu-stack': 'ownFiles',
  needrestart: 'afterBind',
  checkrestart: 'afterBind',
};
