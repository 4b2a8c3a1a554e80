/** Each page of docs/formats states the version that the code writes, wherever it states one. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { toolsVersion } from '../../src/cli/trials-text.ts';
import { whyVersion } from '../../src/cli/why-text.ts';
import { version as compressedVersion } from '../../src/compression/layout.ts';
import { countVersion, planVersion, settledVersion } from '../../src/image/plan-layout.ts';
import { callsVersion } from '../../src/measure/call-measurement.ts';
import { measurementVersion } from '../../src/measure/measurement.ts';
import { scaleVersion } from '../../src/measure/scale-measurement.ts';
import { pagesVersion } from '../../src/pages/pages.ts';
import { processesVersion } from '../../src/pages/store-processes.ts';
import { journalVersion } from '../../src/report/journal-schema.ts';
import { catalogueVersion } from '../../src/store/catalogue.ts';
import { recordVersion } from '../../src/store/record.ts';
import { packageRoot } from '../../src/util/native.ts';

const folder = path.join(packageRoot(), 'docs', 'formats');

const versions: Readonly<Record<string, number>> = {
  'calls.md': callsVersion,
  'compressed.md': compressedVersion,
  'count.md': countVersion,
  'image.md': planVersion,
  'journal.md': journalVersion,
  'measurement.md': measurementVersion,
  'pages.md': pagesVersion,
  'processes.md': processesVersion,
  'record.md': recordVersion,
  'scale.md': scaleVersion,
  'settled.md': settledVersion,
  'store.md': catalogueVersion,
  'tools.md': toolsVersion,
  'why.md': whyVersion,
};

/** The sentence that begins a paragraph; the row of a field of this name; what examples have. */
const statement = /^Version (\d+)\.|^\| `version` +\| `(\d+)`|"version": ?(\d+)/gm;

test('every page of docs/formats is here', () => {
  expect(readdirSync(folder).sort()).toEqual(Object.keys(versions));
});

describe.each(Object.entries(versions))('%s', (name, version) => {
  const text = readFileSync(path.join(folder, name), 'utf8');

  test('begins a paragraph with its version', () => {
    expect(text).toMatch(new RegExp(`^Version ${version}\\.`, 'm'));
  });

  test('states no other', () => {
    const stated = [...text.matchAll(statement)].map((found) => Number(found.slice(1).find(Boolean)));
    expect(stated).toEqual(stated.map(() => version));
  });
});
