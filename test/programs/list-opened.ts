/**
 * Test programs that open modules: what dlopen(3) may mean, and what may happen between two calls of it. Most are `opened/driver.c`,
 * which does what its arguments say; each `run` is one story.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Library, Recipe } from './list.ts';

export interface OpenedRecipe extends Recipe {
  /** Plug-ins that nobody prepares: unknown modules among known ones. */
  readonly unprepared?: readonly string[];
  /** Whether unknown modules are opened among the others, so that what is prepared may go unused. */
  readonly mayGoUnused?: true;
}

const lazy = '-Wl,-z,lazy';
const now = '-Wl,-z,now';
const dynamic = ['-rdynamic'];

/** `part.c` by its options. */
const part = (name: string, options: readonly string[], more: Omit<Library, 'name'> = {}): Library => ({
  name,
  source: 'part',
  ...more,
  flags: [`-DNAME="${name}"`, ...options.map((option) => `-D${option}`), ...(more.flags ?? [lazy])],
});

/** Static linkers beside the usual one that this machine has. */
const linkers = ['gold', 'lld', 'mold'].filter((name) =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(path.join(folder, `ld.${name}`))),
);

const layouts: readonly Library[] = (
  [
    ['layout-now', now],
    ['layout-lazy', lazy],
    ['layout-no-relro', '-Wl,-z,norelro'],
    ['layout-one-segment', '-Wl,-z,noseparate-code'],
    ['layout-separate', '-Wl,-z,separate-code'],
    ['layout-huge-pages', '-Wl,-z,max-page-size=0x200000'],
    ['layout-64k-pages', '-Wl,-z,max-page-size=65536'],
    ['layout-packed', '-Wl,-z,pack-relative-relocs'],
    ['layout-sysv-hash', '-Wl,--hash-style=sysv'],
    ['layout-symbolic', '-Wl,-Bsymbolic'],
    ['layout-no-plt', '-fno-plt'],
    ...linkers.map((name) => [`layout-${name}`, `-fuse-ld=${name}`] as const),
    ['layout-stripped', '-s'],
    ['layout-executable-stack', '-Wl,-z,execstack'],
    ['layout-no-combined', '-Wl,-z,nocombreloc'],
    ['layout-prelinked-address', '-Wl,-Ttext-segment=0x7000000'],
  ] satisfies readonly (readonly [string, string])[]
).map(([name, flag]) => ({ name, source: 'layout', flags: [flag] }));

const special: readonly Library[] = [
  { name: 'bare', flags: ['-nostdlib', '-fno-asynchronous-unwind-tables'] },
  { name: 'text', flags: ['-Wl,-z,notext'] },
  { name: 'zeros-apart', flags: ['-Wl,--section-start=.far=0x400000'] },
  { name: 'two-segments', flags: ['-Wl,--section-start=.far=0x400000', '-Wl,-z,norelro'] },
  { name: 'large' },
];

const opened = (letter: string, name: string, flags: string): string[] => [
  `open:${letter}:@${name}:${flags}`,
  `report:${letter}`,
];

const overlapping: readonly Library[] = [
  part('part-a', ['DEFINES_ONE', 'DEFINES_TWO', 'DEFINES_NUMBER=10', 'USES_ONE', 'USES_TWO', 'USES_NUMBER']),
  part('part-b', ['DEFINES_ONE', 'DEFINES_NUMBER=20', 'USES_ONE', 'USES_NUMBER'], { flags: [now] }),
  part('part-user', ['USES_ONE', 'USES_TWO', 'USES_NUMBER']),
  part('part-maybe', ['MAYBE_ONE']),
  part('part-nobody', ['CALLS_NOBODY', 'DEFINES_NUMBER=30', 'USES_NUMBER']),
];

const byFlags: readonly string[][] = [
  [...opened('a', 'part-a', 'l'), ...opened('b', 'part-b', 'l'), 'close:a', 'close:b'],
  [...opened('a', 'part-a', 'n'), ...opened('b', 'part-b', 'n'), 'close:b', 'report:a'],
  [
    ...opened('a', 'part-a', 'lg'),
    ...opened('b', 'part-b', 'lg'),
    ...opened('c', 'part-user', 'n'),
    'report:a',
  ],
  [...opened('b', 'part-b', 'ng'), ...opened('a', 'part-a', 'ng'), ...opened('c', 'part-user', 'l')],
  [...opened('a', 'part-a', 'lg'), ...opened('b', 'part-b', 'ld'), ...opened('m', 'part-maybe', 'ld')],
  ['open:a:@part-a:ld', 'open:b:@part-b:gd', 'report:a', 'report:b', 'open:c:@part-user:ld'],
  [
    'open:a:@part-a:lo',
    'open:a:@part-a:l',
    'open:b:@part-a:lo',
    'same:a:b',
    'close:b',
    'close:a',
    'open:a:@part-a:lo',
  ],
  [
    'open:c:@part-user:l',
    'open:a:@part-a:l',
    'open:c:@part-user:l',
    'open:g:@part-a:lgo',
    ...opened('c', 'part-user', 'l'),
  ],
  [...opened('a', 'part-a', 'lk'), 'close:a', 'open:b:@part-a:lo', 'report:b', ...opened('a', 'part-a', 'l')],
  [
    ...opened('a', 'part-a', 'l'),
    'close:a',
    ...opened('a', 'part-a', 'l'),
    'close:a',
    ...opened('a', 'part-a', 'n'),
    'lists',
  ],
  [
    ...opened('m', 'part-maybe', 'l'),
    ...opened('a', 'part-a', 'lg'),
    'report:m',
    'close:m',
    ...opened('m', 'part-maybe', 'l'),
  ],
  [
    'open:x:@part-nobody:n',
    'open:x:@part-nobody:l',
    'report:x',
    'open:y:@part-nobody:n',
    'report:x',
    'close:x',
  ],
  [
    'symbol:-:one',
    'open:a:@part-a:lg',
    'symbol:-:one',
    'symbol:-:two',
    'symbol:a:one',
    'symbol:a:nothing',
    'close:a',
    'symbol:-:two',
  ],
];

const names: readonly string[][] = [
  ['open:a:part-name.so:l', 'report:a', 'open:b:@part-name:l', 'same:a:b', 'report:b'],
  ['open:a:@part-name:l', 'open:b:part-name.so:l', 'same:a:b', 'lists'],
  [
    'open:a:@/./part-name.so:l',
    'open:b:@part-name:l',
    'same:a:b',
    'information:a',
    'close:a',
    'close:b',
    'open:c:part-name.so:l',
    'information:c',
  ],
  ['folder:@', 'open:a:./part-name.so:l', 'report:a', 'information:a', 'open:b:@part-name:l', 'same:a:b'],
  [
    'unlink:@/by-link.so',
    'link:part-name.so:@/by-link.so',
    'open:a:@/by-link.so:l',
    'report:a',
    'information:a',
    'open:b:@part-name:l',
    'same:a:b',
    'unlink:@/by-link.so',
  ],
  ['open:a:/nowhere/part.so:l', 'open:b:nowhere.so:l', 'open:c:@/nowhere.so:n'],
  [
    'unlink:@/second.so',
    'link:part-name.so:@/second.so',
    'open:a:@part-name:l',
    'open:b:@/second.so:l',
    'same:a:b',
    'lists',
    'unlink:@/second.so',
  ],
];

const families: readonly Library[] = [
  part('bottom', ['DEFINES_NUMBER=1', 'DEFINES_ONE', 'USES_NUMBER']),
  part('left', ['USES_NUMBER', 'USES_ONE'], { uses: ['bottom'] }),
  part('right', ['USES_NUMBER', 'DEFINES_TWO', 'USES_TWO'], { uses: ['bottom'], flags: [now] }),
  part('top', ['USES_ONE', 'USES_TWO', 'USES_NUMBER'], { uses: ['left', 'right'] }),
  part('other-top', ['USES_ONE', 'USES_NUMBER'], { uses: ['right', 'left'] }),
];

const diamonds: readonly string[][] = [
  [...opened('t', 'top', 'l'), 'lists', 'close:t', 'lists'],
  [
    ...opened('l', 'left', 'l'),
    ...opened('t', 'top', 'l'),
    'close:l',
    'report:t',
    'close:t',
    ...opened('r', 'right', 'n'),
  ],
  [
    ...opened('t', 'top', 'n'),
    ...opened('o', 'other-top', 'n'),
    'close:t',
    'report:o',
    'lists',
    'close:o',
    ...opened('o', 'other-top', 'l'),
  ],
  [
    ...opened('b', 'bottom', 'lg'),
    ...opened('t', 'top', 'ld'),
    'information:t',
    'close:b',
    'report:t',
    'open:b:@bottom:lo',
  ],
];

const interposing: readonly Library[] = [
  part('called', ['DEFINES_ONE', 'USES_ONE', 'DEFINES_NUMBER=1', 'USES_NUMBER']),
  part('late', ['DEFINES_ONE', 'DEFINES_NUMBER=2']),
  part('caller', ['USES_ONE'], { uses: ['called'] }),
];

const interposed: readonly string[][] = [
  // A slot is filled at its first call, and by then another definition may come first.
  ['open:a:@called:l', 'open:b:@late:lg', 'report:a'],
  ['open:a:@called:n', 'open:b:@late:lg', 'report:a'],
  ['open:a:@caller:l', 'open:b:@late:lg', 'report:a', 'close:a', 'open:a:@caller:l', 'report:a'],
  ['open:b:@late:lg', ...opened('a', 'called', 'l'), ...opened('c', 'caller', 'n')],
  ['open:b:@late:l', ...opened('a', 'called', 'l'), 'open:g:@late:lgo', ...opened('c', 'caller', 'l')],
];

const tls: readonly Library[] = [
  {
    name: 'tls-owner',
    source: 'tls',
    flags: ['-DOWNER', '-DVALUE=1', '-ftls-model=global-dynamic', '-pthread'],
  },
  {
    name: 'tls-initial',
    source: 'tls',
    uses: ['tls-owner'],
    flags: ['-DVALUE=100', '-ftls-model=initial-exec', '-pthread'],
  },
  {
    name: 'tls-local',
    source: 'tls',
    uses: ['tls-owner'],
    flags: ['-DVALUE=200', '-DMODEL="local-dynamic"', '-pthread'],
  },
  {
    name: 'tls-descriptors',
    source: 'tls',
    uses: ['tls-owner'],
    flags: ['-DVALUE=300', '-mtls-dialect=gnu2', '-pthread'],
  },
];

const protectedParts: readonly Library[] = [
  part('plain', ['DEFINES_ONE', 'DEFINES_NUMBER=1', 'USES_ONE', 'USES_NUMBER']),
  part('hiding', ['DEFINES_ONE', 'DEFINES_NUMBER=2', 'USES_ONE', 'USES_NUMBER', 'VISIBILITY="protected"']),
  part('symbolic', ['DEFINES_ONE', 'DEFINES_NUMBER=3', 'USES_ONE', 'USES_NUMBER'], {
    flags: ['-Wl,-Bsymbolic'],
  }),
];

const cxx: readonly Library[] = [
  { name: 'unique-left', source: 'unique', flags: ['-DSTART=10'] },
  { name: 'unique-right', source: 'unique', flags: ['-DSTART=20'] },
  { name: 'thrower' },
  { name: 'catcher' },
];

/** Of names as long as each other two files have the same size. */
const situated = ['USES_ONE', 'USES_NUMBER'];

const driver = 'opened/driver';
const runsOf = (stories: readonly (readonly string[])[]) => stories.map((args) => ({ args }));

const glibc: readonly Omit<OpenedRecipe, 'libc'>[] = [
  {
    name: 'opened-flags',
    source: driver,
    flags: [...dynamic, '-DHOST_DEFINES'],
    plugins: overlapping,
    runs: runsOf(byFlags),
  },
  {
    name: 'opened-flags-no-host',
    source: driver,
    plugins: overlapping,
    runs: [
      ...runsOf(byFlags),
      {
        args: [...opened('a', 'part-a', 'l'), ...opened('x', 'part-nobody', 'l')],
        env: { CALL_NOBODY: '1' },
      },
    ],
  },
  {
    name: 'opened-names',
    source: driver,
    plugins: [part('part-name', ['DEFINES_ONE', 'USES_ONE'])],
    runs: runsOf(names),
  },
  { name: 'opened-diamond', source: driver, plugins: families, runs: runsOf(diamonds) },
  { name: 'opened-interposed', source: driver, plugins: interposing, runs: runsOf(interposed) },
  {
    name: 'opened-interposed-unknown',
    source: driver,
    plugins: interposing,
    unprepared: ['late'],
    mayGoUnused: true,
    runs: runsOf(interposed),
  },
  {
    name: 'opened-apart',
    source: driver,
    plugins: [...families, ...tls.slice(0, 1)],
    runs: runsOf([
      ['apart:x:@top:n', 'report:x', ...opened('t', 'top', 'l'), 'report:x', 'close:x', 'report:t'],
      [
        ...opened('t', 'top', 'l'),
        'apart:x:@top:l',
        'report:x',
        'report:t',
        'close:t',
        'report:x',
        ...opened('t', 'top', 'l'),
      ],
      [
        'apart:x:@left:l',
        'apart:y:@right:n',
        'report:x',
        'report:y',
        'close:x',
        'close:y',
        ...opened('l', 'left', 'n'),
      ],
      ['apart:x:@tls-owner:n', 'report:x', ...opened('t', 'tls-owner', 'l'), 'lists'],
    ]),
  },
  {
    name: 'opened-tls',
    source: driver,
    flags: ['-pthread'],
    plugins: tls,
    runs: runsOf([
      [
        ...opened('o', 'tls-owner', 'l'),
        ...opened('i', 'tls-initial', 'l'),
        'lists',
        'close:i',
        ...opened('i', 'tls-initial', 'n'),
      ],
      [
        ...opened('i', 'tls-initial', 'n'),
        ...opened('l', 'tls-local', 'l'),
        'information:l',
        'close:l',
        'report:i',
      ],
      [
        ...opened('d', 'tls-descriptors', 'l'),
        ...opened('l', 'tls-local', 'lg'),
        'close:d',
        'lists',
        ...opened('d', 'tls-descriptors', 'n'),
      ],
    ]),
  },
  ...[[], ['-fno-pie', '-no-pie']].map((flags) => ({
    name: flags.length > 0 ? 'opened-choice-no-pie' : 'opened-choice',
    source: driver,
    flags: [...dynamic, ...flags, '-DHOST_CHOOSES'],
    plugins: [{ name: 'choice', flags: [lazy] }],
    runs: runsOf([
      [...opened('c', 'choice', 'l'), 'close:c', ...opened('c', 'choice', 'n'), 'symbol:c:own_choice'],
      ['apart:x:@choice:l', ...opened('c', 'choice', 'n')],
    ]),
  })),
  {
    name: 'opened-cxx',
    source: driver,
    plugins: cxx,
    runs: runsOf([
      [
        ...opened('l', 'unique-left', 'l'),
        ...opened('r', 'unique-right', 'l'),
        'close:l',
        'report:r',
        'open:l:@unique-left:lo',
      ],
      [
        ...opened('r', 'unique-right', 'n'),
        ...opened('l', 'unique-left', 'ld'),
        'close:r',
        ...opened('r', 'unique-right', 'g'),
      ],
      [...opened('c', 'catcher', 'l'), ...opened('l', 'unique-left', 'lg'), 'report:c', 'lists'],
      [...opened('t', 'thrower', 'lg').slice(0, 1), ...opened('c', 'catcher', 'n'), 'close:t', 'report:c'],
    ]),
  },
  {
    name: 'opened-nested',
    source: driver,
    plugins: [
      part('inner', ['DEFINES_ONE', 'USES_ONE', 'DEFINES_NUMBER=5', 'USES_NUMBER']),
      { name: 'nested', flags: ['-DINNER="inner.so"'] },
      { name: 'nested-deep', source: 'nested', flags: ['-DINNER="nested.so"'] },
    ],
    runs: runsOf([
      [...opened('n', 'nested', 'l'), 'lists', 'close:n', 'lists'],
      [
        ...opened('d', 'nested-deep', 'n'),
        ...opened('i', 'inner', 'l'),
        'close:d',
        'report:i',
        ...opened('d', 'nested-deep', 'l'),
      ],
    ]),
  },
  {
    name: 'opened-copies',
    source: driver,
    flags: ['-fno-pie', '-no-pie', '-DHOST_COPIES'],
    libraries: [{ name: 'libcounted' }],
    plugins: [{ name: 'streams' }],
    runs: runsOf([[...opened('s', 'streams', 'l'), 'report:s', 'apart:x:@streams:n']]),
  },
  {
    name: 'opened-protected',
    source: driver,
    plugins: protectedParts,
    runs: runsOf([
      [...opened('p', 'plain', 'lg'), ...opened('h', 'hiding', 'lg'), ...opened('s', 'symbolic', 'lg')],
      [...opened('s', 'symbolic', 'ng'), ...opened('h', 'hiding', 'n'), ...opened('p', 'plain', 'l')],
    ]),
  },
  {
    name: 'opened-versions',
    source: driver,
    plugins: [
      { name: 'versioned', flags: ['-Wl,--version-script=versioned.map'] },
      { name: 'versioned-user', uses: ['versioned'], flags: [lazy] },
    ],
    runs: runsOf([
      [
        ...opened('u', 'versioned-user', 'l'),
        'symbol:u:versioned_answer:ONE',
        'symbol:u:versioned_answer',
        'symbol:u:versioned_answer:THREE',
      ],
      ['open:v:@versioned:lg', ...opened('u', 'versioned-user', 'n'), 'call:-:versioned_answer'],
    ]),
  },
  {
    name: 'opened-layouts',
    source: driver,
    plugins: [...layouts, ...special],
    runs: [...layouts, ...special].map(({ name }) => ({
      args: [
        ...opened('a', name, 'l'),
        'protections:a',
        'lists',
        'close:a',
        ...opened('a', name, 'n'),
        'call:a:answer',
      ],
    })),
  },
  {
    name: 'opened-all-layouts',
    mayGoUnused: true,
    source: driver,
    plugins: [...layouts, ...special],
    runs: runsOf([
      [...layouts, ...special].flatMap(({ name }, index) =>
        opened(String.fromCharCode(65 + index), name, 'lg'),
      ),
      [...layouts, ...special]
        .reverse()
        .flatMap(({ name }, index) => opened(String.fromCharCode(65 + index), name, 'n')),
    ]),
  },
  {
    name: 'opened-loop',
    source: driver,
    plugins: [...layouts.slice(0, 2), ...special],
    runs: [...layouts.slice(0, 2), ...special].flatMap(({ name }) =>
      ['l', 'ng'].map((flags) => ({ args: [`loop:1000:@${name}:${flags}`, 'lists'] })),
    ),
  },
  {
    name: 'opened-fork',
    source: driver,
    plugins: families,
    runs: runsOf([
      ['open:t:@top:l', 'fork', 'report:t', 'close:t'],
      ['fork', ...opened('t', 'top', 'l'), 'close:t', ...opened('t', 'top', 'n')],
      [
        'open:t:@left:l',
        'vfork:from the child',
        'report:t',
        'fork',
        ...opened('r', 'right', 'l'),
        'vfork:once more',
        'close:t',
      ],
    ]),
  },
  ...[[], ['-fno-pie', '-no-pie']].map((flags) => ({
    name: flags.length > 0 ? 'opened-late-choice-no-pie' : 'opened-late-choice',
    source: driver,
    flags: ['-DHOST_IS_MOODY', lazy, ...flags],
    libraries: [{ name: 'libmood' }],
    plugins: [
      { name: 'moody-lazy', source: 'moody', flags: [lazy] },
      { name: 'moody-now', source: 'moody', flags: [now] },
    ],
    runs: runsOf([
      [
        ...opened('l', 'moody-lazy', 'l'),
        ...opened('n', 'moody-now', 'l'),
        'close:n',
        ...opened('n', 'moody-now', 'n'),
      ],
      [...opened('n', 'moody-now', 'ng'), ...opened('l', 'moody-lazy', 'n')],
    ]),
  })),
  {
    name: 'opened-clock',
    source: driver,
    plugins: [
      { name: 'clock-lazy', source: 'clock', flags: [lazy] },
      { name: 'clock-now', source: 'clock', flags: [now] },
    ],
    runs: runsOf([[...opened('l', 'clock-lazy', 'l'), ...opened('n', 'clock-now', 'l')]]),
  },
  {
    name: 'opened-early',
    source: driver,
    flags: ['-DEARLY="part-early.so"'],
    plugins: [
      part('part-early', ['DEFINES_ONE', 'USES_ONE', 'DEFINES_NUMBER=3', 'USES_NUMBER']),
      part('part-later', ['USES_ONE'], { uses: ['part-early'] }),
    ],
    runs: runsOf([['lists', ...opened('l', 'part-later', 'n'), 'close:e', 'close:l', 'lists']]),
  },
  {
    name: 'opened-squeezed',
    source: driver,
    plugins: [...layouts.slice(0, 2), ...special],
    runs: ['layout-now', 'layout-lazy', 'two-segments', 'large'].map((name) => ({
      args: [...opened('a', name, 'l'), 'close:a', `squeeze:@${name}:l`, ...opened('a', name, 'n')],
    })),
  },
  {
    // What is arranged between two of its steps: test/contract/opened-situations.test.ts.
    name: 'opened-situations',
    source: driver,
    flags: ['-Wl,-rpath,$ORIGIN/first'],
    plugins: [
      part('needed', ['DEFINES_ONE', 'DEFINES_NUMBER=1']),
      part('other-needed', ['DEFINES_NUMBER=100', 'DEFINES_ONE', 'DEFINES_TWO']),
      part('plug-in', situated, { uses: ['needed'] }),
      part('renewed', situated, { uses: ['needed'] }),
      part('longer', [...situated, 'DEFINES_TWO', 'USES_TWO'], { uses: ['needed'] }),
    ],
    runs: runsOf([opened('a', 'plug-in', 'l'), opened('a', 'longer', 'n')]),
  },
  {
    name: 'opened-threads',
    source: 'opened/threads',
    flags: ['-pthread'],
    plugins: [...layouts.slice(0, 2), ...special],
    runs: [{ args: [...layouts.slice(0, 2), ...special].map(({ name }) => name) }],
  },
];

export const openedRecipes: readonly OpenedRecipe[] = glibc.map((recipe) => ({ ...recipe, libc: 'glibc' }));
