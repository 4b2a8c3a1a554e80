/** Values of options: parsed and checked while commander reads the command line, so that a wrong one is wrong usage. */
import { InvalidArgumentError } from 'commander';
import type { Audience } from '../program/audience.ts';
import { isLinkerVariable, nameOf } from '../program/environment.ts';
import { requireWritable } from '../report/write-file.ts';
import { groupNumber } from '../util/group-number.ts';

/** A whole number from 1 on. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return value;
}

/** A number from 1 on. */
export function atLeastOne(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < 1)
    throw new InvalidArgumentError('It must be a number from 1 on.');
  return value;
}

/** A whole number from 1 to a limit. */
export function atMost(limit: number): (text: string) => number {
  return (text) => {
    const value = positiveInteger(text);
    if (value > limit)
      throw new InvalidArgumentError(`It must not be more than ${limit.toLocaleString('en')}.`);
    return value;
  };
}

/** Several of them by commas, ascending, each once. */
export function processCounts(text: string): readonly number[] {
  return [...new Set(counts(text))].sort((a, b) => a - b);
}

/** When processes are stopped and looked at: `entry`, `exit`, or after so many seconds. */
export function moment(text: string): 'entry' | 'exit' | number {
  if (text === 'entry' || text === 'exit') return text;
  if (!/^\d+(\.\d+)?$/.test(text))
    throw new InvalidArgumentError('It must be entry, exit, or a number of seconds.');
  return Number(text);
}

/** A file that a command writes at its end. Throws LinkonceError at once where it could not. */
export function outputFile(path: string): string {
  requireWritable(path);
  return path;
}

/** `NAME=VALUE` of a variable that dynamic linkers read; given several times, each name once. */
export function linkerVariable(text: string, previous: readonly string[] = []): readonly string[] {
  const name = text.includes('=') ? nameOf(text) : '';
  if (!isLinkerVariable(name))
    throw new InvalidArgumentError(
      'It must be NAME=VALUE of a variable that linkers read: LD_…, MALLOC_… or GLIBC_TUNABLES.',
    );
  if (previous.some((each) => nameOf(each) === name))
    throw new InvalidArgumentError(`${name} is given twice.`);
  return [...previous, text];
}

/** For an option that may be given several times: all its values, in their order. */
export function collected(text: string, previous: readonly string[]): readonly string[] {
  return [...previous, text];
}

/** A place in a module's file; without a module, in the program's. */
export interface WordPlace {
  readonly module?: string;
  readonly offset: number;
}

/** `libc.so.6+0x1d3000`, or `0x4010` in the program itself: addresses as readelf and nm show them. */
export function wordPlace(text: string): WordPlace {
  const [, module, digits = ''] = /^(?:(.+)\+)?(?:0x)?([0-9a-f]{1,12})$/i.exec(text) ?? [];
  if (digits === '') throw new InvalidArgumentError('It must be a hexadecimal address, or MODULE+OFFSET.');
  return { ...(module === undefined ? {} : { module }), offset: parseInt(digits, 16) };
}

/** A hexadecimal address. */
export function address(text: string): number {
  if (!/^0x[0-9a-f]{1,12}$/i.test(text))
    throw new InvalidArgumentError('It must be a hexadecimal address: 0x….');
  return Number(text);
}

/** The same for an option that may be given several times: ascending, each once. */
export function addresses(text: string, previous: readonly number[] = []): readonly number[] {
  return [...new Set([...previous, address(text)])].sort((a, b) => a - b);
}

/** Bits of an address space: enough for a large module, and not more than fit below the stack. */
export function windowBits(text: string): number {
  const bits = Number(text);
  if (!/^\d+$/.test(text) || bits < 20 || bits > 44)
    throw new InvalidArgumentError('It must be a whole number from 20 to 44.');
  return bits;
}

/** Bits of a hash: hashes of names have at most 32. */
export const hashBits = atMost(32);

/** When a store's addresses are drawn anew. */
export function slideTime(text: string): 'store' | 'boot' {
  if (text === 'store' || text === 'boot') return text;
  throw new InvalidArgumentError(
    text === 'process'
      ? 'A store has one image for all processes: store or boot.'
      : 'It must be store or boot.',
  );
}

/** Who may read: `everybody`, `owner`, or a group by its name or number. */
export function audience(text: string): Audience {
  if (text === 'everybody' || text === 'owner') return text;
  const group = groupNumber(text);
  if (group === undefined)
    throw new InvalidArgumentError('It must be everybody, owner, or the name or number of a group.');
  return { group };
}

/** A whole number from 0 on. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** Whole numbers from 1 on, by commas, in their order. */
export function counts(text: string): readonly number[] {
  return text.split(',').map(positiveInteger);
}

/** More do not fit into the lines of a table. */
const mostSizes = 9;

/** Different whole numbers from 1 on, by commas; `none` for an empty list. Ascending. */
export function sizes(text: string): readonly number[] {
  if (text === 'none') return [];
  const values = text.split(',').map(positiveInteger);
  if (values.length > mostSizes) throw new InvalidArgumentError(`They must not be more than ${mostSizes}.`);
  if (new Set(values).size < values.length) throw new InvalidArgumentError('No number may come twice.');
  return values.sort((a, b) => a - b);
}
