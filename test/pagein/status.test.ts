/** What a server says of itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { PlacesStatus } from '../../src/pagein/status.ts';
import { askStatus, offerStatus } from '../../src/pagein/status.ts';

const status = (pid: number): PlacesStatus => ({
  ...{ pid, places: [], reads: 0, failures: 0, readTime: { median: 0, p99: 0 } },
  ...{ restingBytes: 0, plainBytes: 0 },
});

test('a server that ends late leaves the socket of the next one', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-status-'));
  const mount = path.join(folder, 'places');
  const first = await offerStatus(mount, () => status(1));
  const second = await offerStatus(mount, () => status(2));
  await new Promise((resolve) => first.close(resolve));
  expect(await askStatus(mount)).toMatchObject({ pid: 2 });
  await new Promise((resolve) => second.close(resolve));
  await expect(askStatus(mount)).rejects.toThrow(`${folder}: nobody serves its places`);
  rmSync(folder, { recursive: true });
});
