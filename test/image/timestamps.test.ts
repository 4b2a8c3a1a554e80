/** A module that is only just written is waited for; one from the future is not. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { waitForNewTimestamp } from '../../src/image/timestamps.ts';
import type { ModuleFacts } from '../../src/program/facts.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-clock-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const output = path.join(directory, 'output');

/** One module, of which only the time of its last change is looked at. */
function changedAt(ctimeNs: bigint): readonly ModuleFacts[] {
  const identity = { ctimeNs } as ModuleFacts['identity'];
  return [{ path: '', name: '', identity }];
}

function writeNow(name: string): bigint {
  const file = path.join(directory, name);
  writeFileSync(file, '');
  return statSync(file, { bigint: true }).ctimeNs;
}

test('a file that is written after the wait has a later time than the module', () => {
  for (let round = 0; round < 20; round++) {
    const changed = writeNow('module');
    waitForNewTimestamp(changedAt(changed), output);
    expect(writeNow('after')).toBeGreaterThan(changed);
  }
});

test('a file system that keeps whole seconds: the second is over after the wait', () => {
  const second = (writeNow('module') / 1_000_000_000n) * 1_000_000_000n;
  waitForNewTimestamp(changedAt(second), output);
  expect(writeNow('after')).toBeGreaterThanOrEqual(second + 1_000_000_000n);
});

test('a module from the future is not waited for, and nothing is left behind', () => {
  waitForNewTimestamp(changedAt(writeNow('now') + 3600n * 1_000_000_000n), output);
  expect(readdirSync(directory).filter((name) => name.startsWith('output'))).toEqual([]);
});
