/** The journal as a file: what is written is read, whatever is cut off its end, and other runs’ journals are refused. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, test } from 'vitest';
import type { JournalEntry } from '../../src/measure/journal.ts';
import type { JournalRequest } from '../../src/report/journal-file.ts';
import { openJournal, readJournal } from '../../src/report/journal-file.ts';
import { sampleCalls } from './sample-calls.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-journal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => path.join(folder, String(files++));

const request: JournalRequest = {
  programs: [{ path: '/usr/bin/git', arguments: ['--version'], processes: 4 }],
  files: [{ path: '/lib/libz.so.1', device: '1', inode: '2', size: '3', mtimeNs: '4', ctimeNs: '5' }],
  systems: ['got-plt:lazy', 'image:single'],
  settings: { runs: 3, moment: 'exit', counts: [1, 4], mode: 'custom' },
  machine: {
    kernel: 'Linux 6.18.44',
    cpu: 'a processor',
    cores: 2,
    memoryKb: 1,
    libc: 'glibc 2.36',
    node: 'v20',
  },
};

const memory = { privateKb: 8, sharedKb: 4, pssKb: 9.5, pageTablesKb: 4, mappings: 20 };
const frames = { oneProcessKb: 4, oneProgramKb: 0, severalProgramsKb: 0 };
const weight = { processes: [memory], didNotEnd: false, endedEarly: false, executedAnother: false };
const space = { names: ['', 'µ\n'], ranges: ['1000 rw-p a 0 - 3p'] };
const about = { program: 0, candidate: 'image single' };

/** One of each kind. */
const entries: readonly JournalEntry[] = [
  {
    step: 'behaviour',
    program: 0,
    found: {
      ends: true,
      warnings: [{ kind: 'output-differs', message: 'a\nb' }],
      failures: [['one', 'why']],
    },
  },
  { step: 'speed', ns: 1000 },
  ...(['exit', 'signal', 'timeout', 'failed'] as const).map((kind, round): JournalEntry => {
    const end = { kind, ...(kind === 'exit' ? { status: 1 } : kind === 'signal' ? { signal: 9 } : {}) };
    const whole = kind === 'failed' ? { ...end, errno: 2 } : end;
    return {
      step: 'run',
      ...about,
      run: { round, ns: 5, end: whole, minorFaults: 1, majorFaults: 0 } as never,
    };
  }),
  { step: 'alone', ...about, found: { value: { weights: [{ ...weight, space }] } } },
  { step: 'alone', program: 0, found: { failure: 'cannot be executed' } },
  { step: 'growth', ...about, processes: 4, found: { value: memory } },
  {
    step: 'together',
    candidate: 'image single',
    found: { value: { weights: [weight], sharing: { total: frames, processes: [frames] } } },
  },
  { step: 'calls', found: { value: sampleCalls } },
];

async function write(file: string): Promise<void> {
  const { journal, close } = await openJournal(file, request);
  for (const entry of entries) journal.add(entry);
  close();
}

describe('openJournal', () => {
  it('has each entry when the next run opens it', async () => {
    const file = newFile();
    await write(file);
    expect(readJournal(file)).toMatchObject({ head: { request }, entries, torn: 0 });
    const { journal, date, close } = await openJournal(file, request);
    close();
    expect(journal.isResumed).toBe(true);
    expect(date).toBe(readJournal(file).head.date);
    expect(journal.runsOf(0, 'image single')).toHaveLength(4);
    expect(journal.runsOf(1, 'image single')).toEqual([]);
    expect(journal.speedsNs).toEqual([1000]);
    expect(journal.find({ step: 'growth', ...about, processes: 4 })).toEqual({ value: memory });
    expect(journal.find({ step: 'growth', ...about, processes: 1 })).toBeUndefined();
    expect(journal.find({ step: 'alone', program: 0 })).toEqual({ failure: 'cannot be executed' });
  });

  it('goes on wherever the file was cut off behind its first line', async () => {
    const whole = newFile();
    await write(whole);
    const bytes = readFileSync(whole);
    const first = bytes.indexOf('\n') + 1;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: first, max: bytes.length }), async (end) => {
        const file = newFile();
        writeFileSync(file, bytes);
        truncateSync(file, end);
        const kept = bytes.toString('utf8', 0, end).split('\n').length - 2;
        const { journal, close } = await openJournal(file, request);
        expect(journal.isResumed).toBe(kept > 0);
        journal.add({ step: 'speed', ns: 7 });
        close();
        expect(readJournal(file).entries).toEqual([...entries.slice(0, kept), { step: 'speed', ns: 7 }]);
      }),
      { numRuns: 60 },
    );
  });

  const other = <N extends keyof JournalRequest>(name: N, change: Partial<JournalRequest[N]>) => ({
    ...request,
    [name]: Array.isArray(change) ? change : Object.assign({}, request[name], change),
  });
  test.each<[JournalRequest, RegExp]>([
    [other('settings', { runs: 4 }), /: the settings differ: runs 3 then, runs 4 now$/],
    [other('settings', { window: 26 }), /: the settings differ: window nothing then, window 26 now$/],
    [other('systems', ['got-plt:lazy', 'fixed:files']), /: the systems differ: "image:single" then, "fixed:/],
    [other('machine', { cores: 8 }), /: the machine’s facts differ: cores 2 then, cores 8 now$/],
    [other('files', [{ ...request.files[0]!, ctimeNs: '6' }]), /: files of the programs differ: \{"path"/],
    [other('programs', []), /: the programs, their arguments or their processes differ: /],
  ])('refuses the journal of another run, and leaves it', async (now, message) => {
    const file = newFile();
    await write(file);
    const before = readFileSync(file);
    await expect(openJournal(file, now)).rejects.toThrow(message);
    expect(readFileSync(file)).toEqual(before);
  });

  test.each([
    ['', /: no JSON/],
    ['{"format":"linkonce-measurement"}\n', /: no journal: format/],
    ['a person’s own text', /: no JSON/],
  ])('refuses a file with %j, and leaves it', async (text, message) => {
    const file = newFile();
    writeFileSync(file, text);
    await expect(openJournal(file, request)).rejects.toThrow(message);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('names the line that is wrong', async () => {
    const file = newFile();
    await write(file);
    writeFileSync(file, '{"step":"run","program":0}\n', { flag: 'a' });
    expect(() => readJournal(file)).toThrow(
      `${file}:${entries.length + 2}: no entry of a journal: candidate`,
    );
  });
});
