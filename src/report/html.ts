/**
 * The report as one HTML file that needs nothing else: its script, its style and its data stand in it, and its content
 * security policy lets it load nothing from anywhere. Without scripts it shows the terminal's report.
 *
 * The data are JSON, compressed: the address spaces of dozens of systems take megabytes otherwise.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import pc from 'picocolors';
import type { Measurement } from '../measure/measurement.ts';
import { packageRoot } from '../util/native.ts';
import type { Beside } from './collect-report.ts';
import { collectReport } from './collect-report.ts';
import { titleOf } from './format.ts';
import { renderBeforeAfter } from './before-after-text.ts';
import type { ReportData } from './report-data.ts';
import { renderText } from './text.ts';
import { writeFileWhole } from './write-file.ts';

/** The whole file, with what stands beside the measurement. The parts of the page must have been built (dist/report/). */
export function renderHtml(measurement: Measurement, beside: Beside = {}): string {
  const data = collectReport(measurement, beside);
  const script = pagePart('page.js');
  const style = pagePart('page.css');
  const title = `${titleOf(measurement)} – linkonce`;
  const colors = pc.createColors(false);
  const text = renderText(measurement, { colors });
  const before = data.beforeAfter ? `${renderBeforeAfter(data.beforeAfter, colors)}\n` : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy(script)}">
<title>${escapeMarkup(title)}</title>
<style>${style}</style>
</head>
<body>
<noscript><pre class="plain-report">${escapeMarkup(before + text)}</pre></noscript>
<script type="application/gzip" id="data">${packData(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** Writes the file whole or not at all. Throws LinkonceError where it cannot be written. */
export async function writeHtml(measurement: Measurement, file: string, beside: Beside = {}): Promise<void> {
  await writeFileWhole(file, renderHtml(measurement, beside));
}

/**
 * Plot writes styles into its charts, so styles cannot be told by their hashes; scripts are. A plot that is saved as PNG
 * is drawn from an image whose address is its own data.
 */
function policy(script: string): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
}

/** A built part of the page, as it can stand inside its element. */
function pagePart(name: string): string {
  const text = readFileSync(path.join(packageRoot(), 'dist', 'report', name), 'utf8').trim();
  if (/<\/(script|style)|<!--/i.test(text)) throw new Error(`${name} would end its element in the page`);
  return text;
}

/** JSON, gzip, base64: none of its characters can end the element that holds it. */
function packData(data: ReportData): string {
  return gzipSync(JSON.stringify(data), { level: 9 }).toString('base64');
}

function escapeMarkup(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
