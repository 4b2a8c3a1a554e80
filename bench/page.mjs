/**
 * How long the report's page takes until every plot is drawn, and what it weighs: `node bench/page.mjs [ROUNDS] [FILE]`. FILE is a
 * page, docs/reports/everyday.html if not told otherwise. Opens it anew each round, at the widths of a desk and a phone in turn.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { estimateMedian } from '../dist/src/measure/statistics.js';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const rounds = Number(process.argv[2] ?? 15);
const file = path.resolve(process.argv[3] ?? path.join(root, 'docs', 'reports', 'everyday.html'));
const widths = [1200, 360];
const goals = { ms: 1000, bytes: 2_000_000 };
/** The page sets it when no plot waits any more (src/report/page/idle.ts). */
const mark = 'linkonce-all-drawn';

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

/** ms from the beginning of the navigation to the last plot. */
async function timeDrawing(width) {
  const context = await browser.newContext({ offline: true, viewport: { width, height: 900 } });
  const page = await context.newPage();
  await page.goto(`file://${file}`);
  await page.waitForFunction((name) => globalThis.performance.getEntriesByName(name).length > 0, mark);
  const ms = await page.evaluate((name) => globalThis.performance.getEntriesByName(name)[0].startTime, mark);
  await context.close();
  return ms;
}

const times = new Map(widths.map((width) => [width, []]));
for (let round = 0; round < rounds; round++)
  for (const width of widths) times.get(width).push(await timeDrawing(width));
await browser.close();

const verdict = (met) => (met ? 'met' : 'MISSED');
for (const [width, samples] of times) {
  const { median, low, high } = estimateMedian(samples);
  const figure = `${median.toFixed(0)} ms [${low.toFixed(0)}–${high.toFixed(0)}]`;
  console.log(
    `all plots drawn, ${width} pixels wide: ${figure}  goal ${goals.ms} ms  ${verdict(median <= goals.ms)}`,
  );
}
const { size } = statSync(file);
console.log(
  `the page weighs ${(size / 1e6).toFixed(2)} MB  goal ${goals.bytes / 1e6} MB  ${verdict(size <= goals.bytes)}`,
);
