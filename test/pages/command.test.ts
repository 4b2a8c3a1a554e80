/** `linkonce pages` as a person uses it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { explainPages } from '../../src/pages/explain-pages.ts';
import type { PagesReport } from '../../src/pages/pages.ts';
import { linkonce } from '../cli/linkonce.ts';
import { compileDirty, startDirty } from './waiting-process.ts';
import { patienceMs } from '../patience.ts';

const { pid } = await startDirty(compileDirty('program-with-a-name-that-is-too-long-for-one-line'));

test('the table has at most 80 columns, and every mapping with private pages', async () => {
  const { stdout, status } = await linkonce(['pages', String(pid)]);
  expect(status).toBe(0);
  const lines = stdout.split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const shown = lines.filter((line) => /^[0-9a-f]{12}-/.test(line));
  const { mappings } = await readJson();
  expect(shown).toHaveLength(mappings.filter((mapping) => mapping.private > 0).length);
  const everything = await linkonce(['pages', '--all', String(pid)]);
  expect(everything.stdout.match(/^[0-9a-f]{12}-/gm)).toHaveLength(mappings.length);
});

test('the JSON adds up', async () => {
  const { format, version, mappings, totals, privatePages, privateKb } = await readJson();
  expect({ format, version }).toEqual({ format: 'linkonce-pages', version: 2 });
  for (const { why, private: own } of mappings) expect(sum(why)).toBe(own);
  expect(sum(totals)).toBe(privatePages);
  expect(privateKb).toBe(privatePages * 4);
});

describe('one line where there is nothing to see', () => {
  test('no such process', async () => {
    // Above the kernel's largest process id.
    expect(await linkonce(['pages', '4194305'])).toMatchObject({
      stdout: '',
      stderr: 'linkonce: process 4194305: there is no such process\n',
      status: 1,
    });
  });

  test('a kernel thread', async ({ skip }) => {
    // kthreadd, where the test's processes are those of the whole machine.
    if (!existsSync('/proc/2/stat')) skip('process 2 is not to be seen');
    const outcome = await linkonce(['pages', '2']);
    if (!outcome.stderr.includes('kernel thread'))
      skip('process 2 is not a kernel thread, or not to be seen');
    expect(outcome).toMatchObject({ stdout: '', status: 1 });
    expect(outcome.stderr).toMatch(/^linkonce: process 2: a kernel thread[^\n]*\n$/);
  });

  test('another user’s process', ({ skip }) => {
    if (process.getuid?.() !== 0) skip('only root can start processes of two users');
    process.seteuid?.(65534);
    try {
      expect(() => explainPages(pid)).toThrow(/^process \d+: not permitted/);
    } finally {
      process.seteuid?.(0);
    }
  });

  test('a process that has ended', async () => {
    // Its parent, a shell, has become a program that does not wait for it.
    const parent = spawn('sh', ['-c', 'head -c1 <&3 >&2 & echo $!; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    try {
      const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
      const ended = Number(line.toString());
      const stat = (of: number): string => readFileSync(`/proc/${of}/stat`, 'latin1');
      await vi.waitUntil(() => stat(parent.pid ?? 0).includes('(sleep)'), patienceMs);
      (parent.stdio[3] as Writable).end('x');
      await vi.waitUntil(() => stat(ended).includes(') Z '), patienceMs);
      expect(() => explainPages(ended)).toThrow(`process ${ended}: it has ended`);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  test('no number', async () => {
    expect((await linkonce(['pages', 'init'])).status).toBe(2);
  });
});

async function readJson(): Promise<PagesReport> {
  return JSON.parse((await linkonce(['pages', '--json', String(pid)])).stdout) as PagesReport;
}

function sum(rows: readonly { readonly pages: number }[]): number {
  return rows.reduce((all, { pages }) => all + pages, 0);
}
