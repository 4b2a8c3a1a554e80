/** The README can be read in a terminal and on a phone. Commands in documents are there, and links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { toolFacts } from '../../src/cli/command-facts.ts';
import { createProgram } from '../../src/cli/program.ts';
import { packageRoot } from '../../src/util/native.ts';

const root = packageRoot();
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const readme = read('README.md');
const lines = readme.split('\n');
const blocks = [...readme.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);
const commands = blocks.join('').trim().split('\n');

test('has short lines, but for links', () => {
  expect(lines.filter((line) => line.length > 120 && !/\]\(|src=/.test(line))).toEqual([]);
  expect(commands.filter((line) => line.length > 100)).toEqual([]);
});

test('has short cells in its tables', () => {
  const cells = lines.filter((line) => line.startsWith('|')).flatMap((line) => line.split('|'));
  expect(cells.filter((cell) => cell.trim().length > 100)).toEqual([]);
});

test('is short', () => {
  const words = readme.match(/[\p{L}\p{N}][^\s|]*/gu) ?? [];
  expect(words.length).toBeLessThan(1300);
});

test('has the two commands of a fresh clone, one of which continuous integration runs', () => {
  expect(blocks[0]).toMatch(/^npm start .*\nnpm test .*\n$/);
  expect(read('.ci/run')).toContain('npm test');
});

const known = toolFacts(createProgram()).commands.map(({ path: words }) => words.join(' '));
const named = (text: string): readonly string[] =>
  [...text.matchAll(/^(?:\.\/)?linkonce (\w+)/gm)].map(([, name = '']) => name);

test('shows five commands that there are', () => {
  expect(named(readme)).toHaveLength(5);
  expect(known).toEqual(expect.arrayContaining([...named(readme)]));
});

test('docs/commands.md shows all of them, and no other', () => {
  const text = read('docs/commands.md');
  const shown = new Set([...named(text), ...(text.match(/(?<=`linkonce )\w+/g) ?? [])]);
  expect([...shown].sort()).toEqual([...known].sort());
});

const documents = ['README.md', 'ARCHITECTURE.md', 'contrib/README.md'].concat(
  ['docs', 'docs/formats'].flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
);

test.each(documents)('the links of %s lead somewhere', (name) => {
  const links = [...read(name).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
  const folder = path.dirname(path.join(root, name));
  expect(links.filter((link) => !existsSync(path.join(folder, link)))).toEqual([]);
});
