/** The lock alone, with many more meetings than whole commands have: processes that make one store, and take it away. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withNewStoreLock, withStoreLock } from '../../src/store/lock.ts';
import { undoStore } from '../../src/store/store.ts';
import { packageRoot } from '../../src/util/native.ts';
import { runProgram } from '../run-program.ts';

let folder: string;
let store: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-lock-'));
  store = path.join(folder, 'store');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const silent = () => undefined;
const built = (name: string) => pathToFileURL(path.join(packageRoot(), 'dist', 'src', 'store', name)).href;

/** Makes the store or takes it away, by turns of its own; prints how often it made one and removed one. */
const rival = (seed: number) => `
  import { mkdirSync, rmdirSync } from 'node:fs';
  const { withNewStoreLock } = await import(${JSON.stringify(built('lock.js'))});
  const { undoStore } = await import(${JSON.stringify(built('store.js'))});
  const store = ${JSON.stringify(store)};
  let state = ${String(seed)}, made = 0, removed = 0;
  const draw = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const alone = () => {
    mkdirSync(store + '/files/alone');
    mkdirSync(store + '/generations/alone');
    rmdirSync(store + '/generations/alone');
    rmdirSync(store + '/files/alone');
    made++;
  };
  const undo = async () => {
    const foreign = await undoStore({ store, onProgress() {} });
    if (foreign.length > 0) throw new Error('left ' + foreign.join(' '));
    removed++;
  };
  for (let round = 0; round < 400; round++)
    if (draw() < 0.5) await withNewStoreLock({ store, onProgress() {} }, alone);
    else await undo().catch((error) => {
      if (!/there is no store|was removed by another command/.test(error.message)) throw error;
    });
  console.log(made > 0 && removed > 0 ? 'both' : 'one only');
`;

test('processes that make a store and undo it never leave half of one', async () => {
  const rivals = [1, 2, 3, 4].map((seed) =>
    runProgram(process.execPath, ['--input-type=module', '--eval', rival(seed)]),
  );
  for (const outcome of await Promise.all(rivals))
    expect(outcome).toEqual({ stdout: 'both\n', stderr: '', status: 0, signal: null });
  await withNewStoreLock({ store, onProgress: silent }, silent);
  expect(await undoStore({ store, onProgress: silent })).toEqual([]);
  expect(existsSync(store)).toBe(false);
});

test('what is no store is not made one, and is not locked', async () => {
  await expect(withStoreLock({ store, onProgress: silent }, silent)).rejects.toThrow(
    `${store}: there is no store`,
  );
  mkdirSync(store);
  writeFileSync(path.join(store, 'letter'), '');
  await expect(withNewStoreLock({ store, onProgress: silent }, silent)).rejects.toThrow(
    `${store}: is not empty, and no store`,
  );
  await expect(withStoreLock({ store, onProgress: silent }, silent)).rejects.toThrow(
    `${store}: there is no store`,
  );
});

test('undo says what is not the store’s, and leaves a link to a folder', async () => {
  mkdirSync(path.join(folder, 'real'));
  symlinkSync('real', store);
  await withNewStoreLock({ store, onProgress: silent }, silent);
  writeFileSync(path.join(store, 'letter'), '');
  expect(await undoStore({ store, onProgress: silent })).toEqual(['letter']);
  expect(existsSync(path.join(store, 'letter'))).toBe(true);
});
