/** A module that is only just written is waited for; one from the future is not. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { waitForNewTimestamp } from '../../src/image/timestamps.ts';
import type { Module, Program } from '../../src/program/program.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-clock-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const output = path.join(directory, 'output');

/** A program of one module, of which only the time of its last change is looked at. */
function changedAt(ctimeNs: bigint): Program {
  const identity = { ctimeNs } as Module['identity'];
  return { modules: [{ identity } as Module] } as unknown as Program;
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

test('a module from the future is not waited for, and nothing is left behind', () => {
  waitForNewTimestamp(changedAt(writeNow('now') + 3600n * 1_000_000_000n), output);
  expect(readdirSync(directory).filter((name) => name.startsWith('output'))).toEqual([]);
});
