/** The figures of the documents are those of docs/reports. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('README, systems and claims have the figures of the reports', () => {
  const script = fileURLToPath(new URL('../../scripts/fill-figures.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
