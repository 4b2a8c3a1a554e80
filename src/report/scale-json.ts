/** `scale --json`: what the growth lab found as a file, specified in docs/formats/scale.md. */
import { isDeepStrictEqual } from 'node:util';
import type { ScaleMeasurement } from '../measure/scale-measurement.ts';
import { parseAs, readText } from './json.ts';
import { writeFileWhole } from './write-file.ts';

/** Writes a measurement whole or not at all, and reads it back to be sure. */
export async function writeScaleJson(measurement: ScaleMeasurement, path: string): Promise<void> {
  await writeFileWhole(path, `${JSON.stringify(measurement, null, 1)}\n`);
  if (!isDeepStrictEqual(await readScaleJson(path), measurement))
    throw new Error(`${path}: reads back as something else than was written`);
}

/** Reads a measurement back. Throws LinkonceError where the file is missing or no measurement of growth. */
export async function readScaleJson(path: string): Promise<ScaleMeasurement> {
  return parseScale(await readText(path), path);
}

/** Checks a text; `name` is the file's, for messages. Throws LinkonceError naming the first field at fault. */
export async function parseScale(text: string, name: string): Promise<ScaleMeasurement> {
  const { scaleMeasurementSchema } = await import('./scale-schema.ts');
  return parseAs(scaleMeasurementSchema, text, name, 'measurement of growth');
}
