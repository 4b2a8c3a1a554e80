/** docs/operating.md is one page, and what it tells somebody to type is there: commands, their options, and parts of other documents. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { CommandFacts } from '../../src/cli/command-facts.ts';
import { toolFacts } from '../../src/cli/command-facts.ts';
import { createProgram } from '../../src/cli/program.ts';
import { packageRoot } from '../../src/util/native.ts';

const root = packageRoot();
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const text = read('docs/operating.md');
const tool = toolFacts(createProgram());
const typed = (text.match(/(?<=^|`|RUN )linkonce [^`#\n]+/gm) ?? []).map((line) => line.trim());

/** The command that the words lead to, and the words behind it. */
function follow(command: CommandFacts, words: readonly string[]): [CommandFacts, readonly string[]] {
  const [name = '', ...rest] = words;
  const next = command.commands.find(({ path: names }) => names.at(-1) === name);
  return next ? follow(next, rest) : [command, words];
}

test('is one page', () => {
  expect(text.split('\n').length).toBeLessThan(150);
});

test.each(typed)('%s is a command', (line) => {
  const [command, rest] = follow(tool, line.split(/\s+/).slice(1));
  expect(command.commands).toEqual([]);
  const options = command.options.flatMap(({ names }) => names);
  expect(options).toEqual(expect.arrayContaining(rest.filter((word) => /^--?[a-z]/.test(word))));
});

test('names many commands', () => {
  expect(new Set(typed.map((line) => follow(tool, line.split(/\s+/).slice(1))[0])).size).toBeGreaterThan(8);
});

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');

test('the parts of documents that it leads to are there', () => {
  const links = [...text.matchAll(/\]\(([^)#]+)#([^)]+)\)/g)];
  const missing = links.filter(([, file = '', part]) => {
    const headings = read(path.join('docs', file)).matchAll(/^#+ (.+)$/gm);
    return ![...headings].some(([, heading = '']) => anchorOf(heading) === part);
  });
  expect(links.length).toBeGreaterThan(2);
  expect(missing.map(([link]) => link)).toEqual([]);
});
