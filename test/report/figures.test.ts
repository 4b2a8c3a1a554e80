/** The list of figures against what is measured, and the tables of documents against the reports and the list. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { frameFigures, memoryIds, startAndMemory, workloadFigures } from '../../src/report/figures.ts';
import { isMeasured } from '../../src/report/conclusion.ts';
import { severalSample } from './sample.ts';

it('documents have the figures of the reports, and the list of figures', () => {
  const script = fileURLToPath(new URL('../../scripts/fill-figures.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

const idsOf = (figures: readonly { readonly id: string }[]): readonly string[] =>
  figures.map(({ id }) => id).sort();

it('lists every figure that is measured of a program', () => {
  const others = ['system', 'variant', 'status', 'spread', 'growth', 'space', 'samplesMs'];
  const results = severalSample.programs.flatMap(({ results: own }) => own.filter(isMeasured));
  const fields = new Set(results.flatMap((result) => Object.keys(result)));
  expect(idsOf(startAndMemory)).toEqual([...fields].filter((field) => !others.includes(field)).sort());
});

it('lists every figure that is measured of all programs, but shared memory, which RSS has', () => {
  const [first] = severalSample.workload.filter(isMeasured);
  expect(idsOf(frameFigures)).toEqual(Object.keys(first?.frames ?? {}).sort());
  const sums = memoryIds.filter((id) => id !== 'sharedKb');
  expect(idsOf(workloadFigures)).toEqual(['rssKb', ...sums, ...Object.keys(first?.frames ?? {})].sort());
});
