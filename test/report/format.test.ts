/** Commands that reports show, judged by the shell that reads them. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellWord, width, wrapCommand } from '../../src/report/format.ts';

const character = fc.constantFrom(...Array.from('abcXYZ019 \'"\\$`!*?~#;&|<>(){}[]\n\t=%,@:+-./é'));
const word = fc.string({ unit: character, maxLength: 40 });

/** The words that a shell makes of a command. */
function readByShell(command: string): readonly string[] {
  const output = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
}

test('a shell reads the words of a command as they are, however it is broken into lines', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), (words) => {
      expect(readByShell(wrapCommand(words.map(shellWord)))).toEqual(words);
    }),
    { numRuns: 60 },
  );
});

test('a command has lines that fit a terminal', () => {
  const words = Array.from({ length: 30 }, (_, index) => `/usr/bin/program-${String(index)}`);
  const lines = wrapCommand(words).split('\n');
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
  for (const line of lines.slice(0, -1)) expect(line).toMatch(/ \\$/);
});
