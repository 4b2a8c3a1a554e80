/** What a journal of `compare` says: what was asked for, and how far the run came. docs/formats/journal.md. */
import { openSync, readSync, closeSync } from 'node:fs';
import type { JournalEntry } from '../measure/journal.ts';
import { readJournal } from '../report/journal-file.ts';
import type { StoredFile } from './inspect-store.ts';
import { tally } from '../util/tally.ts';

const beginning = '{"format":"linkonce-journal"';

export function isJournal(path: string): boolean {
  const bytes = Buffer.alloc(beginning.length);
  const file = openSync(path, 'r');
  readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  return bytes.toString('latin1') === beginning;
}

/** Throws LinkonceError for a journal that is damaged. */
export function describeJournal(path: string): StoredFile {
  const { head, entries, torn } = readJournal(path);
  const { programs, files, systems, settings, machine } = head.request;
  const { calls, ...others } = settings;
  return {
    ...{ path, kind: 'journal', version: head.version, begun: head.date, ...others },
    ...(calls && { calls: `${calls.rounds} rounds of ${calls.calls} calls, ${calls.repetitions} times` }),
    machine: Object.values(machine).join(', '),
    systems: systems.map((system) => ({ system })),
    programs: programs.map(({ path: file, arguments: args, processes }) => ({
      program: [file, ...args].join(' '),
      processes,
    })),
    files: files.map(({ path: file }) => ({ file })),
    steps: stepCounts(entries),
    tornBytes: torn,
  };
}

/** How often each step was done, by candidate where it is one’s. */
function stepCounts(entries: readonly JournalEntry[]): StoredFile[] {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const candidate = 'candidate' in entry ? `, ${entry.candidate ?? 'the program'}` : '';
    const key = `${entry.step}${candidate}`;
    tally(counts, key);
  }
  return [...counts].map(([step, times]) => ({ step, times }));
}
