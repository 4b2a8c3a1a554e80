/**
 * Fills the tables of documents from docs/reports and the list of figures: `node scripts/fill-figures.mjs [--check]`. What stands
 * between `<!-- measured: NAME -->` and `<!-- /measured -->` is replaced, and in docs/claims.md what was measured of the note's
 * sentences. With --check nothing is written, and the status is 1 where a document does not have the reports' figures.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { systems } from '../dist/src/systems/registry.js';
import { coldTable, tablesOf } from './lib/figures.mjs';
import { measuredOfSentences } from './lib/sentences.mjs';

const root = new URL('../', import.meta.url);
const documents = [
  'README.md',
  'docs/systems.md',
  'docs/claims.md',
  'docs/pointers.md',
  'docs/formats/measurement.md',
];
const marker = /(<!-- measured: (\S+) -->\n)[^]*?(<!-- \/measured -->)/g;

const reportOf = (name) => JSON.parse(readFileSync(new URL(`docs/reports/${name}.json`, root), 'utf8'));
const reports = { everyday: reportOf('everyday'), cold: reportOf('cold'), scale: reportOf('scale') };
const tables = new Map([
  ...tablesOf(reports.everyday, systems, fileURLToPath(new URL('src/systems', root))),
  ['cold', coldTable(reports.cold)],
]);
/** A row of the note's sentences: number, sentence, exact, measured, verdict. */
const sentence = /^(\| +(\d+) \|(?:[^|\n]*\|){2})[^|\n]*(\|[^|\n]*\|)$/gm;

/** @param {string} document @param {string} text */
function fill(document, text) {
  const filled = text.replaceAll(sentence, (row, before, number, after) => {
    const measured = measuredOfSentences.get(Number(number));
    return measured === undefined ? row : `${before} ${measured(reports)} ${after}`;
  });
  return filled.replaceAll(marker, (_, begin, name, end) => {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`${document}: the report has no table '${name}'`);
    return `${begin}\n${table}\n\n${end}`;
  });
}

const stale = [];
for (const document of documents) {
  const file = fileURLToPath(new URL(document, root));
  const text = readFileSync(file, 'utf8');
  const options = { ...(await resolveConfig(file)), filepath: file };
  const filled = await format(fill(document, text), options);
  if (filled === text) continue;
  stale.push(document);
  if (!process.argv.includes('--check')) writeFileSync(file, filled);
}
if (process.argv.includes('--check') && stale.length > 0) {
  console.error(`not the figures of docs/reports: ${stale.join(', ')}; run node scripts/fill-figures.mjs`);
  process.exitCode = 1;
}
