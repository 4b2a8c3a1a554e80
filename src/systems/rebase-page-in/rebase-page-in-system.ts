/**
 * Common system 4 of the seed, and its favourite: prelinking, and on collision: relocate on page-in, as Windows 9x did. A file
 * system of our own shows the prelinked data at other addresses: a page is relocated when it is read for the first time, and the
 * kernel's page cache shares it between all processes that use the same place.
 *
 * The other way would be userfaultfd(2) over a shared memory file. It makes a page in a fifth of the time (bench/userfaultfd.c: 9 to
 * 12 µs), but each further process pays 8 µs for each page that is there already, where the page cache costs it 0.3; the memory
 * is not the kernel's to drop, and every start has to hand a descriptor to the server. So it was not built.
 */
import { baseBits } from '../../capture/placement.ts';
import type { Arrangement } from '../../ranges/arrangement.ts';
import { placeCount } from '../../files/places-name.ts';
import { slideBits } from '../../image/plan-layout.ts';
import { boundCosts, boundPages, boundPrivate } from '../shared/bound-costs.ts';
import { codeInCopies, codeInModules } from '../shared/sights.ts';
import { onlyNear } from '../shared/call-distances.ts';
import type { Randomness, System } from '../system.ts';

/** Code from the module files: only what the linker wrote is relocated when it is read. */
const paged: Arrangement = {
  protections: 'exact',
  files: 'module',
  codeFromModules: true,
  addresses: 'unique',
  growth: 1 / 8,
  fixedBase: false,
  onCollision: 'hand-over',
  slides: true,
};

/** Everything from places, arranged as in an image: a program needs as few calls. */
const whole: Arrangement = {
  ...paged,
  protections: 'merged',
  files: 'partition',
  codeFromModules: false,
  growth: 0,
};

const boot = { count: placeCount, byGroup: false };

/** One mapping more than in an image, and one more page: the place. A range is reserved for each module. */
const privatePages = boundPrivate({ once: boundPages + 1 });
const fromPlaces = boundCosts({ mappings: { once: 17, writers: 2 }, privatePages });
const partlyFromPlaces = boundCosts({
  mappings: { once: 24, modules: 4, writers: 1 },
  privatePages,
  steps: { modules: 2 },
});

/** Of the modules' base, and of the slide of a place, which is drawn when it is served. */
const randomness: readonly Randomness[] = [
  { bits: baseBits, drawn: 'store' },
  { bits: slideBits, drawn: 'boot' },
];

export const rebasePageIn: System = {
  id: 'rebase-page-in',
  seed: 'common 4',
  summary: 'prelinked data, compressed at rest, relocated when a page is first read',
  properties: {
    placement:
      'each module at its range plus the slide of a place; where a range is taken there, at the next place. Plan and loader stay',
    shared:
      'relocated pages, between all processes that use a place; code, too; data, group: code and read-only data of the module files, with unbound programs as well',
    private: 'pages with words of the process itself',
    work: {
      mapping:
        'start-up: a range reserved for each module, then one call for each run of modules (data, group: module by module)',
      relocation: 'page-in: once a page and place',
      binding: 'bind',
    },
    onCollision:
      'another place, whose pages are relocated when they are read; ld.so where none is free, or nobody serves',
    onUpgrade: 'hands over to ld.so until the program is bound again',
    onDlopen: 'everything by ld.so: which place a process has is known at its start only',
  },
  variants: [
    {
      id: 'whole',
      summary: 'all modules rest compressed, in partitions as in image',
      arrangement: { ...whole, places: boot },
      randomness,
      callDistance: onlyNear('one file has all modules, and gaps in memory would be gaps in it'),
      seenBy: codeInCopies,
      costs: fromPlaces,
    },
    {
      id: 'data',
      summary: 'what the linker wrote rests compressed, code is that of the module files',
      arrangement: { ...paged, places: boot },
      randomness,
      seenBy: codeInModules,
      costs: partlyFromPlaces,
    },
    {
      id: 'group',
      summary: 'as data; groups of processes begin with different places',
      arrangement: { ...paged, places: { ...boot, byGroup: true } },
      randomness,
      seenBy: codeInModules,
      costs: partlyFromPlaces,
    },
  ],
};
