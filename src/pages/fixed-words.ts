/** The words that the loader of an image fixes where something moved. docs/formats/image.md, 'Regions that may move'. */
import { closeSync, openSync, readSync } from 'node:fs';
import { plannedActions } from '../image/actions.ts';
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { roundDown } from '../util/units.ts';
import type { MappedImage } from './mapped-images.ts';

const wordSize = 8;
/** Of a row of glibc's table of modules, which the loader sorts. */
const unwindEntrySize = 32;

/** The aligned 64-bit words in the process that references which moved lie in; empty where nothing moved. */
export function fixedWords(image: MappedImage): ReadonlySet<Address> {
  const { regions, plan } = image;
  const words = new Set<Address>();
  if (regions.every(({ shift }) => shift === 0)) return words;
  const put = (start: Address, size: number): void => {
    for (let at = roundDown(start, wordSize); at < start + size; at += wordSize) words.add(at);
  };
  for (const { holder, target, offsets } of readGroups(image)) {
    const start = regions[holder]?.start;
    if (start === undefined || regions[target]?.shift === 0 || holder === Number(plan.header.heap_region))
      continue;
    for (const offset of offsets) put(start + offset, wordSize);
  }
  for (const { value, region, second_argument: count } of plannedActions(plan, 'sortUnwindTable'))
    put(Number(value) + at(regions, Number(region), 'region').shift, Number(count) * unwindEntrySize);
  return words;
}

interface FixGroup {
  /** Rows of regions. */
  readonly holder: number;
  readonly target: number;
  readonly offsets: Uint32Array;
}

/** None where the image cannot be read (any more). */
function readGroups({ path, plan }: MappedImage): FixGroup[] {
  const words = readWords(path, Number(plan.header.fixes_offset), Number(plan.header.fixes_size));
  const groups: FixGroup[] = [];
  for (let at = 0; at + 3 <= words.length;) {
    const [holder = 0, target = 0, count = 0] = words.subarray(at, at + 3);
    groups.push({ holder, target, offsets: words.subarray(at + 3, at + 3 + count) });
    at += 3 + count;
  }
  return groups;
}

function readWords(path: string, offset: number, size: number): Uint32Array {
  const bytes = Buffer.alloc(size);
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, size, offset);
  } finally {
    closeSync(file);
  }
  return new Uint32Array(bytes.buffer, bytes.byteOffset, size / Uint32Array.BYTES_PER_ELEMENT);
}
