/** What the manual page says beyond the commands. */

export const about: readonly string[] = [
  "A dynamically linked program has its modules found, mapped and relocated each time it starts, always with the same result, and each process keeps a private copy of every page that this work wrote. `linkonce` lets the platform's own dynamic linker do that work once, explains every word of what it computed, and writes it as files that any number of processes map and share.",
  'Which part is shared, and when the rest of the work happens, is a system. `linkonce compare` measures programs under all systems side by side; `linkonce bind` writes a launcher of the one that you choose.',
  'Options stand before the program: all that follows it belongs to it. A system is named by its id, or with a variant: `image:direct`.',
  "A launcher runs the right code or hands over to the platform's dynamic linker: where a module, the kernel, the processor or the environment is not what it was at bind, it executes the original program.",
];

export const exitStatus: readonly (readonly [string, string])[] = [
  ['0', "All went well. Of `linkonce run`: the program's own exit status."],
  [
    '1',
    'A failure that a person can mend; one line on the standard error stream says what is wrong with what.',
  ],
  ['2', 'Wrong usage.'],
  ['70', 'A bug of linkonce, with its stack.'],
];

export const environment: readonly (readonly [string, string])[] = [
  ['LINKONCE_DEBUG', 'Set to 1, launchers say on the standard error stream why they hand over.'],
  [
    'NO_COLOR',
    'Set to anything, there are no colours; nor are there where TERM is `dumb`, or without a terminal.',
  ],
  ['PATH', 'Where programs are looked for that are named without a slash.'],
  [
    'XDG_CACHE_HOME',
    'Where launchers of `linkonce run`, and compiled synthetic modules, are kept; `~/.cache` where it is not set.',
  ],
  ['XDG_DATA_HOME', "Where a user's store is; `~/.local/share` where it is not set."],
  [
    'LD_*, GLIBC_TUNABLES, MALLOC_*',
    'The dynamic linker and the C library listen to these. What is bound is bound for those that are set, and hands over where they are others.',
  ],
];

export const files: readonly (readonly [string, string])[] = [
  ['PROGRAM-linkonce', 'The launcher that `linkonce bind` writes, in the current folder.'],
  ['PROGRAM-linkonce.image, PROGRAM-linkonce.files/', 'What the launcher maps.'],
  ['~/.cache/linkonce/', 'Launchers of `linkonce run`, and compiled synthetic modules.'],
  [
    '/var/lib/linkonce/, ~/.local/share/linkonce/',
    "The machine's store, and a user's own; the programs are in `bin/`.",
  ],
];

export const seeAlso: readonly (readonly [string, string])[] = [
  ['ldd', '1'],
  ['readelf', '1'],
  ['proc', '5'],
  ['ld.so', '8'],
  ['prelink', '8'],
];
