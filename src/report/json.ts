/** `--json`: the measurement as a file, specified in docs/formats/measurement.md. */
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ZodType } from 'zod';
import type { Measurement } from '../measure/measurement.ts';
import { LinkonceError } from '../util/errors.ts';
import { writeFileWhole } from './write-file.ts';

/** The text of the file. */
export function renderJson(measurement: Measurement): string {
  return `${JSON.stringify(measurement, null, 2)}\n`;
}

/** Checks a text; `name` is the file's, for messages. Throws LinkonceError naming the first field at fault. */
export async function parseMeasurement(text: string, name: string): Promise<Measurement> {
  // zod takes 60 ms to load: only those who read a measurement pay for it.
  const { measurementSchema } = await import('./schema.ts');
  return parseAs(measurementSchema, text, name, 'measurement');
}

/** Checks a text against a schema. Throws LinkonceError where it is no `what`, naming the first field at fault. */
export function parseAs<T>(schema: ZodType<T>, text: string, name: string, what: string): T {
  const result = schema.safeParse(parseJson(text, name));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw new LinkonceError(`${name}: no ${what}: ${where === '' ? '' : `${where}: `}${issue?.message ?? ''}`);
}

/** The formats that reports are made of. */
const formats = ['linkonce-measurement', 'linkonce-scale', 'linkonce-calls'] as const;

/** Which of the formats a text says that it has. Throws LinkonceError where it has none of them. */
export function formatOf(text: string, name: string): (typeof formats)[number] {
  const said = (parseJson(text, name) as { readonly format?: unknown } | null)?.format;
  const format = formats.find((one) => one === said);
  if (format === undefined)
    throw new LinkonceError(`${name}: is neither of compare --json, nor of scale --json or calls --json`);
  return format;
}

/** Reads a measurement back. Throws LinkonceError where the file is missing or no measurement. */
export async function readJson(path: string): Promise<Measurement> {
  return parseMeasurement(await readText(path), path);
}

/** The text of a file. Throws LinkonceError where it cannot be read. */
export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new LinkonceError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    );
  });
}

/** Writes a measurement, whole or not at all, and reads it back to be sure. */
export async function writeJson(measurement: Measurement, path: string): Promise<void> {
  await writeFileWhole(path, renderJson(measurement));
  if (!isDeepStrictEqual(await readJson(path), measurement))
    throw new Error(`${path}: reads back as something else than was written`);
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LinkonceError(`${name}: no JSON: ${(error as Error).message}`);
  }
}
