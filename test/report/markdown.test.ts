/** `--markdown`: what the terminal says, in tables that stay tables whatever stands in them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { conclude, concludeWorkload } from '../../src/report/conclusion.ts';
import { renderMarkdown, writeMarkdown } from '../../src/report/markdown.ts';
import { sampleCalls } from './sample-calls.ts';
import { sample, severalSample, untimedSample } from './sample.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-markdown-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cellsOf = (line: string): string[] => line.split(/(?<!\\)\|/).slice(1, -1);

/** Lines of each table. */
function tablesOf(text: string): string[][] {
  return text
    .split('\n\n')
    .map((part) => part.split('\n').filter((line) => line.startsWith('|')))
    .filter((lines) => lines.length > 0);
}

describe('renderMarkdown', () => {
  it('has a row for each system in every table, all of one width', () => {
    const tables = tablesOf(renderMarkdown({ ...severalSample, calls: sampleCalls }));
    // Figures and growth of three programs, all together, calls.
    expect(tables).toHaveLength(3 * 2 + 2);
    for (const lines of tables) expect(new Set(lines.map((line) => cellsOf(line).length)).size).toBe(1);
    expect(tables[0]).toHaveLength(2 + sample.programs[0]!.results.length);
    expect(tables.at(-1)).toHaveLength(2 + 1 + sampleCalls.results.length);
  });

  it('says what was refused and why, and never 0', () => {
    const text = renderMarkdown(severalSample);
    expect(text).toContain('- image partitions refused: git is not for it');
    const [, git] = severalSample.programs;
    const row = tablesOf(text)[2]!.find((line) => line.startsWith('| image partitions'))!;
    expect(git!.results.some(({ status }) => status === 'refused')).toBe(true);
    expect(
      new Set(
        cellsOf(row)
          .slice(1)
          .map((cell) => cell.trim()),
      ),
    ).toEqual(new Set(['refused']));
  });

  it('concludes and doubts as the terminal does', () => {
    const text = renderMarkdown(severalSample);
    for (const program of severalSample.programs) expect(text).toContain(conclude(program));
    expect(text).toContain(concludeWorkload(severalSample));
    for (const { kind, message } of severalSample.warnings)
      expect(text).toMatch(new RegExp(`- \\*\\*${kind}\\*\\*: .*${message.slice(0, 20)}`));
  });

  it('has no times where nothing was timed', () => {
    const [head] = tablesOf(renderMarkdown(untimedSample))[0]!;
    expect(head).not.toContain('start-up');
  });

  it('keeps a reason that would end the cell, or begin markup, on its line', () => {
    const reason = 'a | b\n# <script>`*x*';
    const refused = { system: 'fixed', variant: 'files', status: 'refused', reason } as const;
    const programs = [{ ...sample.programs[0]!, results: [refused] }];
    const text = renderMarkdown({ ...sample, programs, workload: [refused] });
    expect(text).toContain('- fixed files refused: a \\| b \\# \\<script\\>\\`\\*x\\*\n');
  });
});

describe('writeMarkdown', () => {
  it('writes the text', async () => {
    const file = path.join(folder, 'report.md');
    await writeMarkdown(sample, file);
    expect(readFileSync(file, 'utf8')).toBe(renderMarkdown(sample));
  });
});
