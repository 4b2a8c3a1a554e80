/** `calls --json`: what the call lab found as a file, specified in docs/formats/calls.md. */
import { isDeepStrictEqual } from 'node:util';
import type { CallMeasurement } from '../measure/call-measurement.ts';
import { parseAs } from './json.ts';
import { writeFileWhole } from './write-file.ts';

/** Writes a measurement whole or not at all, once it is sure that it reads back as what it is. */
export async function writeCallsJson(measurement: CallMeasurement, path: string): Promise<void> {
  const text = `${JSON.stringify(measurement, null, 2)}\n`;
  if (!isDeepStrictEqual(await parseCalls(text, path), measurement))
    throw new Error(`${path}: would read back as something else than was written`);
  await writeFileWhole(path, text);
}

/** Checks a text; `name` is the file's, for messages. Throws LinkonceError naming the first field at fault. */
export async function parseCalls(text: string, name: string): Promise<CallMeasurement> {
  const { callMeasurementSchema } = await import('./calls-schema.ts');
  return parseAs(callMeasurementSchema, text, name, 'measurement of calls');
}
