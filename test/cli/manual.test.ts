import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { allCommands, toolFacts } from '../../src/cli/command-facts.ts';
import { manualPage } from '../../src/cli/manual/manual-page.ts';
import { plain } from '../../src/cli/manual/roff.ts';
import { createProgram } from '../../src/cli/program.ts';
import { packageVersion } from '../../src/util/native.ts';
import { systems } from '../../src/systems/registry.ts';
import { packageRoot } from '../../src/util/native.ts';
import { runProgram } from '../run-program.ts';

const file = path.join(packageRoot(), 'docs', 'man', 'linkonce.1');
const root = toolFacts(createProgram());
const page = manualPage({ root, systems, version: packageVersion() });

test('the page in the repository is that of the commands (npm run man)', () => {
  expect(readFileSync(file, 'utf8')).toBe(page);
});

test('groff formats it without a warning', async ({ skip }) => {
  const settings = { env: process.env };
  const outcome = await runProgram('groff', ['-man', '-ww', '-z', file], settings).catch(() => null);
  if (outcome === null) return skip('there is no groff');
  expect(outcome).toEqual({ stdout: '', stderr: '', status: 0, signal: null });
});

test('shows every command, option, system and variant', async ({ skip }) => {
  const env = { ...process.env, GROFF_NO_SGR: '1' };
  const outcome = await runProgram('groff', ['-man', '-Tascii', '-P-cbou', '-rLL=900n', file], { env }).catch(
    () => null,
  );
  if (outcome === null) return skip('there is no groff');
  const text = outcome.stdout;
  for (const { path: words, options, commands } of allCommands(root)) {
    if (commands.length === 0) expect(text).toContain(`linkonce ${words.join(' ')}`);
    for (const { names } of options) expect(text).toContain(names.join(', '));
  }
  for (const { id, variants } of systems)
    for (const variant of variants) expect(text).toContain(`${id}:${variant.id}`);
});

test.each([
  ['.SH not a request', '\\&.SH not a request'],
  ["line\n'br", 'line\n\\(aqbr'],
  ['a\\fB', 'a\\efB'],
  ['--json', '\\-\\-json'],
  ['“…”', '\\[u201C]\\[u2026]\\[u201D]'],
])('plain text stays plain: %j', (text, written) => {
  expect(plain(text)).toBe(written);
});
