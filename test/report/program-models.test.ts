/** What measured programs say to the models: tables of the report, and nothing where it was not measured. */
import { describe, expect, it } from 'vitest';
import type { EntryUse } from '../../src/image/entry-use.ts';
import type { Measurement } from '../../src/measure/measurement.ts';
import { parseMeasurement } from '../../src/report/json.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { entryTable, libraryCollisions } from '../../src/report/program-models.ts';
import { sample } from './sample.ts';

const entries: EntryUse = {
  imports: 4100,
  functions: 2600,
  used: 2000,
  room: 8000,
  againInModule: 120,
  againForDependencies: 700,
  toldApart: 500,
};

/** The sample, its first program with what older files have not. */
const known: Measurement = {
  ...sample,
  programs: sample.programs.map((program) => ({
    ...program,
    librariesKb: [...Array<number>(31).fill(32), 32 * (595 - 31)],
    results: program.results.map((result) =>
      result.status === 'measured' && result.system === 'image' ? { ...result, entries } : result,
    ),
  })),
};

describe('tables of models', () => {
  it('are not there for files that do not have them', () => {
    expect(libraryCollisions(sample)).toBeUndefined();
    expect(entryTable(sample)).toBeUndefined();
  });

  it('have libraries as the note counts them, and as large as they are', () => {
    const [row] = libraryCollisions(known)?.rows ?? [];
    expect(row?.slice(1)).toEqual(['32', '0.754 %', '595', '24.1 %']);
  });

  it('have a row for each system with such tables, with parts of the used entries', () => {
    const rows = entryTable(known)?.rows ?? [];
    expect(rows.map((cells) => cells[1])).toEqual(['image direct', 'image partitions']);
    expect(rows[0]?.slice(2)).toEqual(['4,100', '2,600', '2,000', '25.0 %', '120', '700', '500', '25.0 %']);
  });

  it('stand in Markdown, and survive JSON', async () => {
    expect(renderMarkdown(sample)).not.toContain('## Entries');
    const text = renderMarkdown(known);
    expect(text).toContain('## Libraries as hashed addresses');
    expect(text).toMatch(/\| image direct \| 4,100 \| 2,600 \|/);
    expect(await parseMeasurement(JSON.stringify(known), 'sample')).toEqual(known);
  });
});
