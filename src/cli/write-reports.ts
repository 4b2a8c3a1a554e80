/** The forms in which a measurement is shown: at the terminal always, as files where they are asked for. */
import type { Measurement } from '../measure/measurement.ts';
import type { Beside } from '../report/collect-report.ts';
import type { Colors } from '../util/colors.ts';
import { colorsFor } from '../util/colors.ts';

/** Paths of the files to write; absent: none. */
export interface ReportFiles {
  readonly json?: string;
  readonly html?: string;
  readonly csv?: string;
  readonly samples?: string;
  readonly markdown?: string;
}

/** Prints the text, then writes the files, each whole or not at all. Throws LinkonceError where one cannot be written. */
export async function writeReports(
  measurement: Measurement,
  { json, html, csv, samples, markdown }: ReportFiles,
  beside: Beside = {},
): Promise<void> {
  const colors = colorsFor(process.stdout);
  if (beside.before) await printChanges(beside.before, measurement, colors);
  const { renderText } = await import('../report/text.ts');
  process.stdout.write(renderText(measurement, { colors }));
  if (json !== undefined) await (await import('../report/json.ts')).writeJson(measurement, json);
  if (csv !== undefined) await (await import('../report/csv-file.ts')).writeCsv(measurement, csv);
  if (samples !== undefined) await (await import('../report/csv-file.ts')).writeSamples(measurement, samples);
  if (markdown !== undefined)
    await (await import('../report/markdown.ts')).writeMarkdown(measurement, markdown, beside.before);
  if (html !== undefined) {
    await (await import('../report/html.ts')).writeHtml(measurement, html, beside);
    process.stderr.write(`linkonce: the report is in ${html}\n`);
  }
}

/** What changed comes first: it is what was asked for. */
async function printChanges(before: Measurement, after: Measurement, colors: Colors): Promise<void> {
  const { compareMeasurements } = await import('../report/before-after.ts');
  const { renderBeforeAfter } = await import('../report/before-after-text.ts');
  process.stdout.write(`${renderBeforeAfter(compareMeasurements(before, after), colors)}\n`);
}
