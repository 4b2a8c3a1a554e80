/** Writes `--csv`. */
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Measurement } from '../measure/measurement.ts';
import { parseCsv, renderCsv, renderSamples } from './csv.ts';
import { writeFileWhole } from './write-file.ts';

/** Writes the file, whole or not at all, and reads it back to be sure. Throws LinkonceError where it cannot be written. */
export async function writeCsv(measurement: Measurement, path: string): Promise<void> {
  const text = renderCsv(measurement);
  await writeFileWhole(path, text);
  const results = measurement.programs.flatMap(({ results: own }) => own);
  const [columns = [], ...rows] = parseCsv(await readFile(path, 'utf8'));
  const heads = rows.map((row) => ['system', 'variant'].map((name) => row[columns.indexOf(name)]));
  if (
    !isDeepStrictEqual(
      heads,
      results.map(({ system, variant }) => [system, variant]),
    )
  )
    throw new Error(`${path}: reads back as something else than was written`);
}

/** The same for every timed run. */
export async function writeSamples(measurement: Measurement, path: string): Promise<void> {
  await writeFileWhole(path, renderSamples(measurement));
}
