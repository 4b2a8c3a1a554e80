/** Figures as people read them: three significant digits, no false precision. Shared by the terminal and the page. */

import type { Estimate, MeasuredProgram, Measurement, Result, Settings } from '../measure/measurement.ts';

/** In place of a figure that was not measured. */
export const none = '–';

/** `0.62`, `12.4`, `143`: three digits, for ms and factors. */
export function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** `1.40 [1.39–1.41]` */
export function interval(estimate: Estimate | undefined): string {
  if (estimate === undefined) return none;
  return `${threeDigits(estimate.median)} [${threeDigits(estimate.low)}–${threeDigits(estimate.high)}]`;
}

/** `12.4 ms`, `1.24 s`. */
export function formatMs(ms: number): string {
  return ms < 999.5 ? `${threeDigits(ms)} ms` : `${threeDigits(ms / 1000)} s`;
}

/** `2,885 kB`, `123 MB`; kB are 1024 bytes, as in proc(5). */
export function formatKb(kb: number): string {
  if (kb < 100_000) return `${Math.round(kb).toLocaleString('en')} kB`;
  return `${threeDigits(kb / 1024)} MB`;
}

/** What memory is said in where several figures stand beside each other: in a plot, or in a column. */
export interface MemoryUnit {
  readonly name: 'kB' | 'MB' | 'GB';
  /** kB of one. */
  readonly kb: number;
}

const memoryUnits: readonly MemoryUnit[] = [
  { name: 'kB', kb: 1 },
  { name: 'MB', kb: 1024 },
  { name: 'GB', kb: 1024 * 1024 },
];

/** The one in which the largest of them has at most five digits. */
export function memoryUnitOf(kbs: readonly number[]): MemoryUnit {
  const most = kbs.reduce((one, other) => Math.max(one, other), 0);
  return memoryUnits.find(({ kb }) => most / kb < 99_999.5) ?? memoryUnits.at(-1)!;
}

/** The figure alone: `2,885`, `0.13`, `98.4`. */
export function inUnit(kb: number, unit: MemoryUnit): string {
  return unit.kb === 1 ? Math.round(kb).toLocaleString('en') : significantDigits(kb / unit.kb);
}

/** `2885`, `121M`: at most five characters in a column of kB. */
export function compactKb(kb: number): string {
  if (kb < 99_999.5) return kb.toFixed(0);
  return kb < 9999.5 * 1024 ? `${(kb / 1024).toFixed(0)}M` : `${(kb / 1024 / 1024).toFixed(0)}G`;
}

/** `74 % less`, `12 % more`, `as much`: a figure against its base. */
export function comparedWith(value: number, base: number): string {
  const percent = Math.round(Math.abs(1 - value / base) * 100);
  if (percent === 0) return 'as much';
  return `${percent} % ${value < base ? 'less' : 'more'}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listing(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

/** More names than these are a number. */
const few = 4;

/** `a, b, c and 12 others`. */
export function listFew(names: readonly string[]): string {
  if (names.length <= few) return listing(names);
  return listing([...names.slice(0, few - 1), `${String(names.length - few + 1)} others`]);
}

/** The moment at which memory was looked at, to follow `weighed`. */
export function formatMoment(moment: 'entry' | 'exit' | number): string {
  if (typeof moment === 'number') return `${moment} s after the start`;
  return moment === 'entry' ? 'at the program’s entry' : 'at the end';
}

/** A command line for people; not to be given to a shell. */
export function commandLine(program: Pick<MeasuredProgram, 'path' | 'arguments'>): string {
  return [program.path, ...program.arguments].join(' ');
}

/** A word as a shell reads it: in quotes where it has more than letters, digits and what is harmless in paths. */
export function shellWord(word: string): string {
  return /^[\w./+:@%,=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** `1 process`, `4 processes`. */
export function processesOf({ processes }: Pick<MeasuredProgram, 'processes'>): string {
  return `${processes} process${processes === 1 ? '' : 'es'}`;
}

/** Short names of programs: `git`, or where there are several of that name, `git status`. */
export function labelsOf(
  programs: readonly Pick<MeasuredProgram, 'path' | 'arguments'>[],
): readonly string[] {
  const names = programs.map(({ path }) => path.split('/').at(-1) ?? path);
  return programs.map((program, index) => {
    const name = names[index]!;
    const isAlone = names.filter((other) => other === name).length === 1;
    return isAlone ? name : [name, ...program.arguments].join(' ');
  });
}

/** What all programs are called together: their names, as many as a title has room for. */
export function titleOf({ programs }: Measurement): string {
  return listFew(labelsOf(programs));
}

/** For the beginning of a heading or a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A status in words: `not run`. */
export function statusText(status: Result['status']): string {
  return status.replace('-', ' ');
}

/** Columns of a terminal. */
export const width = 80;

/** Breaks a line between words; further lines are indented. */
export function wrap(text: string, indent = '  '): string {
  return fillLines(text.split(/\s+/), '', indent, width).join('\n');
}

/** Breaks a command between its words, as a shell reads on. */
export function wrapCommand(words: readonly string[], indent = '  '): string {
  // Room for what continues a line.
  return fillLines(words, indent, indent + indent, width - 2).join(' \\\n');
}

/** As many words in each line as have room; a line has at least one. */
function fillLines(words: readonly string[], first: string, further: string, most: number): string[] {
  const lines = [first];
  for (const word of words) {
    const line = lines.at(-1)!;
    const longer = line.trim() === '' ? line + word : `${line} ${word}`;
    if (longer.length <= most || line.trim() === '') lines[lines.length - 1] = longer;
    else lines.push(further + word);
  }
  return lines;
}

/** The size of a number, whatever its sign: `0.0021`, `12.4`, `176,116`: three digits, two where it is small. */
export function significantDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 999.5) return Math.round(size).toLocaleString('en');
  return size < 0.995 && size > 0 ? size.toPrecision(2) : threeDigits(size);
}

/** `start-up of 40 runs each`, `cold start-up of 10 runs each`. */
export function timingText(
  { timed }: Pick<MeasuredProgram, 'timed'>,
  { runs, cold = false }: Pick<Settings, 'runs' | 'cold'>,
): string {
  return timed ? `${cold ? 'cold start-up' : 'start-up'} of ${runs} runs each` : 'start-up not timed';
}

/** `70 modules`, `70 modules and 33 that it opens`. */
export function modulesText({ modules, opened }: Pick<MeasuredProgram, 'modules' | 'opened'>): string {
  return opened === undefined ? `${modules} modules` : `${modules} modules and ${opened} that it opens`;
}
