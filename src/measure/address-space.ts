/**
 * An address space as it stands in a measurement: a line of text a range, for a program can have thousands of them under
 * dozens of systems. Specified in docs/formats/measurement.md. Nothing here needs Node: the report's page reads it, too.
 */
import type { Area, Reason } from '../pages/pages.ts';
import type { Address } from '../util/units.ts';

/** What a process has at which address, encoded. */
export interface AddressSpace {
  /** What the ranges refer to by index: files, modules, the kernel's names. */
  readonly names: readonly string[];
  /** Ascending by address, each as `encodeRange` writes it. */
  readonly ranges: readonly string[];
}

/** A mapping, or the part of one that is one module's. */
export interface SpaceRange {
  readonly start: Address;
  /** As in /proc/PID/maps: `rw-p`. */
  readonly protection: string;
  readonly area: Area;
  /** The file or the kernel's name for it; empty for memory without a name. */
  readonly name: string;
  /** Of an image or a place: the module whose memory it is. */
  readonly module?: string;
  /** All its pages, in their order. */
  readonly runs: readonly PageRun[];
}

/** Neighbouring pages of one state. */
export interface PageRun {
  readonly pages: number;
  readonly state: PageState;
}

/** `absent`: not in memory. `shared`: of a file, and not written by this process. Else private, and the reason. */
export type PageState = 'absent' | 'shared' | Reason;

const stateLetters: Readonly<Record<PageState, string>> = {
  absent: '.',
  shared: 's',
  linker: 'l',
  'linker and program': 'b',
  'process words': 'w',
  'process words and program': 'x',
  program: 'p',
  unchanged: 'u',
  unreadable: '?',
};
const statesByLetter = new Map(
  Object.entries(stateLetters).map(([state, letter]) => [letter, state as PageState]),
);

const areaLetters: Readonly<Record<Area, string>> = {
  module: 'm',
  bss: 'b',
  image: 'i',
  'image bss': 'j',
  prepared: 'p',
  file: 'f',
  heap: 'h',
  stack: 's',
  'thread stack': 't',
  'thread stack (guessed)': 'g',
  named: 'n',
  anonymous: 'a',
};
const areasByLetter = new Map(Object.entries(areaLetters).map(([area, letter]) => [letter, area as Area]));

export function encodeSpace(ranges: readonly SpaceRange[]): AddressSpace {
  const indices = new Map<string, number>();
  const indexOf = (name: string): number => {
    const index = indices.get(name) ?? indices.size;
    indices.set(name, index);
    return index;
  };
  const lines = ranges.map((range) => encodeRange(range, indexOf));
  return { names: [...indices.keys()], ranges: lines };
}

/** `7f12a000 r-xp m 0 - 12.3s1l`: start, protection, area, index of the name, of the module, runs of pages. */
function encodeRange(
  { start, protection, area, name, module, runs }: SpaceRange,
  indexOf: (name: string) => number,
): string {
  const states = runs.map(({ pages, state }) => `${String(pages)}${stateLetters[state]}`).join('');

  const [named, owner] = [indexOf(name), module === undefined ? '-' : indexOf(module)];
  return [start.toString(16), protection, areaLetters[area], named, owner, states].join(' ');
}

const rangePattern = /^([0-9a-f]{1,16}) ([r-][w-][x-][ps]) ([a-z]) (\d+) (\d+|-) ((?:\d+[.slbwxpu?])+)$/;

/** Throws SyntaxError with the range that is none. */
export function decodeSpace({ names, ranges }: AddressSpace): readonly SpaceRange[] {
  return ranges.map((line) => {
    const range = decodeRange(line, names);
    if (range === undefined) throw new SyntaxError(`no range of an address space: '${line}'`);
    return range;
  });
}

/** Whether it is a range that refers to one of so many names. */
export function isRange(line: string, names: readonly string[]): boolean {
  return decodeRange(line, names) !== undefined;
}

function decodeRange(line: string, names: readonly string[]): SpaceRange | undefined {
  const [, start = '', protection = '', letter = '', index, ofModule, states = ''] =
    rangePattern.exec(line) ?? [];
  const area = areasByLetter.get(letter);
  const name = names[Number(index)];
  const module = ofModule === '-' ? undefined : names[Number(ofModule)];
  if (area === undefined || name === undefined || (module === undefined && ofModule !== '-'))
    return undefined;
  const runs = [...states.matchAll(/(\d+)(\D)/g)].map(([, pages, state = '']): PageRun => ({
    pages: Number(pages),
    state: statesByLetter.get(state) ?? 'unreadable',
  }));
  return {
    start: parseInt(start, 16),
    protection,
    area,
    name,
    ...(module !== undefined && { module }),
    runs,
  };
}
