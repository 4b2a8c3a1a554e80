/** The report of `linkonce pages`, for a person in 80 columns and as JSON (docs/formats/pages.md). */
import path from 'node:path';
import type { Area, MappingPages, PagesReport, PrivatePages } from '../pages/pages.ts';
import { hex } from '../util/units.ts';

const width = 80;
const heading = [...['range'.padEnd(25), 'prot', 'present'.padStart(7), 'private'.padStart(7), 'file']].join(
  '  ',
);
const nameWidth = width - heading.length + 'file'.length;

/** A block of lines a mapping, then the totals. `all`: also mappings without private pages. */
export function pagesText(report: PagesReport, all: boolean): string {
  const shown = report.mappings.filter((mapping) => all || mapping.private > 0);
  const lines = [
    shortened(`Process ${report.pid}: ${report.program}`, width),
    'Private pages (of 4 kB), and why they are:',
    '',
    heading,
    ...shown.flatMap(mappingLines),
    '',
    ...totalLines(report),
    ...openedLines(report),
  ];
  return `${lines.join('\n')}\n`;
}

function mappingLines(mapping: MappingPages): string[] {
  const range = `${digits(mapping.start)}-${digits(mapping.end)}`.padEnd(25);
  const counts = [mapping.present, mapping.private].map((count) => String(count).padStart(7));
  const line = [range, mapping.protection, ...counts, shortened(nameOf(mapping), nameWidth)].join('  ');
  return [line, ...mapping.why.flatMap(reasonLines)];
}

function digits(address: number): string {
  return address.toString(16).padStart(12, '0');
}

function nameOf({ area, name }: MappingPages): string {
  if (area === 'bss' || area === 'image bss') return `${path.basename(name)}, zero memory`;
  return name === '' ? area : name;
}

/** The end of a path says more than its beginning. */
function shortened(name: string, most: number): string {
  if (name.length <= most) return name;
  const last = path.basename(name);
  return last.length <= most && name.startsWith('/') ? last : `…${name.slice(1 - most)}`;
}

function reasonLines({ reason, pages, words, module }: PrivatePages): string[] {
  const kinds = Object.entries(words).map(([kind, count]) => `${count} ${kind}`);
  const where = module === undefined ? '' : `, ${path.basename(module)}`;
  return wrapped(`${pages} ${reason}${where}${kinds.length === 0 ? '' : `: ${kinds.join(', ')}`}`);
}

/** Lines of at most 80 columns, broken at spaces. */
function wrapped(text: string, first = '   ', others = '     '): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > width) {
      lines.push(line);
      line = others;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

const places: Readonly<Record<Area, string>> = {
  module: 'modules',
  bss: 'zero memory of modules',
  image: 'the image',
  'image bss': 'zero memory of the image',
  prepared: 'prepared modules',
  file: 'other files',
  heap: 'heap',
  stack: 'stack',
  'thread stack': 'stacks of threads',
  'thread stack (guessed)': 'stacks of threads (guessed)',
  named: 'named memory',
  anonymous: 'other memory',
};

function totalLines({ totals, privatePages, privateKb }: PagesReport): string[] {
  const row = (cells: readonly (string | number)[]): string => {
    const [pages = '', kb = '', ...text] = cells.map(String);
    return [pages.padStart(7), kb.padStart(8), ...text].join('  ');
  };
  return [
    row(['pages', 'kB', 'why and where']),
    ...totals.map(({ reason, area, pages, kb }) => row([pages, kb, `${reason}: ${places[area]}`])),
    row([privatePages, privateKb, 'private']),
  ];
}

function openedLines({ opened }: PagesReport): string[] {
  if (opened.length === 0) return [];
  const prepared = opened.filter((each) => each.prepared).length;
  return [
    '',
    `  pages  modules that the program opened: ${String(opened.length)}, prepared: ${String(prepared)}`,
    ...opened.flatMap(({ name, reason = 'prepared', private: pages }) =>
      wrapped(`${path.basename(name)}: ${reason}`, `${String(pages).padStart(7)} `, ' '.repeat(9)),
    ),
  ];
}

/** Addresses and offsets as hexadecimal strings. */
export function pagesJson(report: PagesReport): string {
  const mappings = report.mappings.map((mapping) => ({
    ...mapping,
    start: hex(mapping.start),
    end: hex(mapping.end),
    offset: hex(mapping.offset),
  }));
  const opened = report.opened.map(({ start, end, ...more }) => ({
    ...more,
    ...(start !== undefined && { start: hex(start) }),
    ...(end !== undefined && { end: hex(end) }),
  }));
  return `${JSON.stringify({ ...report, mappings, opened }, null, 2)}\n`;
}
