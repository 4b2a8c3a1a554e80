/**
 * `--journal`: what a comparison finds, line by line as it comes, so that a later one of the same things goes on from there
 * (docs/formats/journal.md). The first line appears whole or not at all; of the last one only a part may be there, where the run
 * was killed, and that part is cut off.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { JournalEntry } from '../measure/journal.ts';
import { Journal } from '../measure/journal.ts';
import { LinkonceError } from '../util/errors.ts';
import type { JournalHead } from './journal-schema.ts';
import { journalEntrySchema, journalHeadSchema, journalVersion } from './journal-schema.ts';
import { parseAs } from './json.ts';
import { writeFileWhole } from './write-file.ts';

export type JournalRequest = JournalHead['request'];

/** A journal as it stands in its file. */
export interface StoredJournal {
  readonly head: JournalHead;
  readonly entries: readonly JournalEntry[];
  /** Bytes up to the end of the last whole line. */
  readonly size: number;
  /** Bytes of a line that was cut off. */
  readonly torn: number;
}

export interface OpenJournal {
  readonly journal: Journal;
  /** When the run began, ISO 8601. */
  readonly date: string;
  readonly close: () => void;
}

/**
 * Goes on with the journal of a file, or begins one. Throws LinkonceError where the file is no journal, or that of another
 * request: then the message says what differs.
 */
export async function openJournal(path: string, request: JournalRequest): Promise<OpenJournal> {
  if (!existsSync(path)) await writeFileWhole(path, `${JSON.stringify(newHead(request))}\n`);
  const { head, entries, size } = readJournal(path);
  const difference = findDifference(head.request, request);
  if (difference !== undefined)
    throw new LinkonceError(`${path}: is the journal of another run: ${difference}`);
  const file = openForAppending(path);
  ftruncateSync(file, size);
  let end = size;
  const write = (entry: JournalEntry): void => {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    writeWhole(file, line, end, path);
    end += line.length;
  };
  return {
    journal: new Journal(entries, write),
    date: head.date,
    close: () => {
      closeSync(file);
    },
  };
}

/** Reads a journal. Throws LinkonceError naming the line that is wrong. */
export function readJournal(path: string): StoredJournal {
  const bytes = readBytes(path);
  const size = bytes.lastIndexOf('\n') + 1;
  const [first = '', ...rest] = bytes.toString('utf8', 0, size).split('\n').slice(0, -1);
  const head = parseAs(journalHeadSchema, first, path, 'journal');
  const entries = rest.map((line, index) =>
    parseAs(journalEntrySchema, line, `${path}:${index + 2}`, 'entry of a journal'),
  );
  return { head, entries, size, torn: bytes.length - size };
}

function newHead(request: JournalRequest): JournalHead {
  return { format: 'linkonce-journal', version: journalVersion, date: new Date().toISOString(), request };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new LinkonceError(`${path}: cannot be read (${codeOf(error)})`);
  }
}

function openForAppending(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    throw new LinkonceError(`${path}: cannot be written (${codeOf(error)})`);
  }
}

/** write(2) may take a part of a line. */
function writeWhole(file: number, line: Buffer, at: number, path: string): void {
  try {
    for (let done = 0; done < line.length;)
      done += writeSync(file, line, done, line.length - done, at + done);
  } catch (error) {
    throw new LinkonceError(`${path}: cannot be written (${codeOf(error)})`);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}

const meanings: Readonly<Record<keyof JournalRequest, string>> = {
  programs: 'the programs, their arguments or their processes',
  files: 'files of the programs',
  systems: 'the systems',
  settings: 'the settings',
  machine: 'the machine’s facts',
};

/** What two requests differ in, with the first of it as it was and as it is. */
function findDifference(was: JournalRequest, is: JournalRequest): string | undefined {
  for (const [name, meaning] of Object.entries(meanings) as [keyof JournalRequest, string][]) {
    if (isDeepStrictEqual(was[name], is[name])) continue;
    const [before, now] = firstDifference(was[name], is[name]);
    return `${meaning} differ: ${before} then, ${now} now`;
  }
  return undefined;
}

function firstDifference(was: object, is: object): [string, string] {
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  const valueOf = (of: object, name: string): unknown => (of as Record<string, unknown>)[name];
  const name = names.find((each) => !isDeepStrictEqual(valueOf(was, each), valueOf(is, each))) ?? '';
  const text = (of: object): string => {
    const value = valueOf(of, name);
    const shown = value === undefined ? 'nothing' : JSON.stringify(value);
    return Array.isArray(of) ? shown : `${name} ${shown}`;
  };
  return [text(was), text(is)];
}
