/** ARCHITECTURE.md has all folders of src in the order in which they may import, and names files that are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';

const root = packageRoot();
const text = readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8');
const folders: readonly string[] = text.split('## The folders')[1]?.match(/(?<=^\| `)\w+(?=\/`)/gm) ?? [];
const rules = pathToFileURL(path.join(root, '.dependency-cruiser.mjs')).href;
const { layers } = (await import(rules)) as { readonly layers: readonly string[] };

test('its folders stand in the order of the layers', () => {
  expect(folders).toEqual([...layers, 'cli']);
});

test('the layers are the folders of src', () => {
  const entries = readdirSync(path.join(root, 'src'), { withFileTypes: true });
  const found = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect([...layers, 'cli'].sort()).toEqual(found.sort());
});

test('the files that it names are there', () => {
  const named = [...(text.match(/(?<=`)[\w./-]+\.(?:ts|c|h)(?=`)/g) ?? []), ...folders];
  const missing = named.filter(
    (name) => ![`src/${name}`, name].some((each) => existsSync(path.join(root, each))),
  );
  expect(named.length).toBeGreaterThan(folders.length);
  expect(missing).toEqual([]);
});

test('is one page', () => {
  expect(text.split('\n').length).toBeLessThan(90);
});
