/** Reads what a report shows: a measurement, and beside it what the growth lab and the call lab found. */
import type { CallMeasurement } from '../measure/call-measurement.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { ScaleMeasurement } from '../measure/scale-measurement.ts';
import { LinkonceError } from '../util/errors.ts';
import { parseCalls } from './calls-json.ts';
import { formatOf, parseMeasurement, readText } from './json.ts';
import { parseScale } from './scale-json.ts';

export interface ReportParts {
  readonly measurement: Measurement;
  readonly scale?: ScaleMeasurement;
}

/**
 * Tells the files apart by the format that each names. Calls from a file of their own take the place of those in the
 * measurement. Throws LinkonceError where a file cannot be read or is none of these, where two are of one kind, and where there
 * is no measurement.
 */
export async function readReport(paths: readonly string[]): Promise<ReportParts> {
  const found = new Map<string, { readonly path: string; readonly text: string }>();
  for (const path of paths) {
    const text = await readText(path);
    const format = formatOf(text, path);
    const other = found.get(format);
    if (other) throw new LinkonceError(`${path}: is a ${format}, as ${other.path} is: a report has one`);
    found.set(format, { path, text });
  }
  return parseAll(found);
}

type Found = ReadonlyMap<string, { readonly path: string; readonly text: string }>;

async function parseAll(found: Found): Promise<ReportParts> {
  const [measurement, scale, calls] = await Promise.all([
    parse(found, 'linkonce-measurement', parseMeasurement),
    parse(found, 'linkonce-scale', parseScale),
    parse<CallMeasurement>(found, 'linkonce-calls', parseCalls),
  ]);
  if (measurement === undefined)
    throw new LinkonceError('a report needs a measurement that compare --json wrote');
  return { measurement: { ...measurement, ...(calls && { calls }) }, ...(scale && { scale }) };
}

async function parse<T>(
  found: Found,
  format: string,
  parser: (text: string, name: string) => Promise<T>,
): Promise<T | undefined> {
  const file = found.get(format);
  return file && parser(file.text, file.path);
}
