/** Command lines against a shell's own idea of them, and against words that were quoted before. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitCommand } from '../../src/cli/split-command.ts';

const character = fc.constantFrom(...Array.from('ab #\'"\\$`x\t\n=-é'));
const word = fc.string({ unit: character, maxLength: 8 });
/** Three ways to write a word so that it stays one. */
const quotings: readonly ((text: string) => string)[] = [
  (text) => `'${text.replaceAll("'", `'\\''`)}'`,
  (text) => `"${text.replaceAll(/[$`"\\]/g, '\\$&')}"`,
  (text) => (text === '' ? "''" : text.replaceAll(/[^]/g, (one) => (one === '\n' ? "'\n'" : `\\${one}`))),
];

/** What `sh` makes of a line, or undefined where it finds it wrong. */
function splitByShell(line: string): string[] | undefined {
  try {
    const script = `set -f; eval "set -- $1"; for each do printf '%s\\0' "$each"; done`;
    return execFileSync('sh', ['-c', script, 'sh', line], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .split('\0')
      .slice(0, -1);
  } catch {
    return undefined;
  }
}

function splitOrNothing(line: string): string[] | undefined {
  try {
    return splitCommand(line);
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return undefined;
  }
}

describe('splitCommand', () => {
  it('gives quoted words back, however they were quoted', () => {
    const quoted = fc.array(fc.tuple(word, fc.constantFrom(...quotings)));
    fc.assert(
      fc.property(quoted, fc.constantFrom(' ', '\t', ' \n '), (words, blank) => {
        const line = words.map(([text, quote]) => quote(text)).join(blank);
        expect(splitCommand(line)).toEqual(words.map(([text]) => text));
      }),
    );
  });

  it('agrees with the shell where nothing is to be expanded', () => {
    // A backslash at the end would continue the shell's line.
    const line = fc
      .string({ unit: fc.constantFrom(...Array.from('ab #\'"\\x\t-')), maxLength: 14 })
      .filter((text) => !text.endsWith('\\'));
    fc.assert(
      fc.property(line, (text) => {
        expect(splitOrNothing(text)).toEqual(splitByShell(text));
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['perl -e "print 1"', ['perl', '-e', 'print 1']],
    [`a'b'"c"\\ d`, ['abc d']],
    [`"\\a\\$\\"" ''`, ['\\a$"', '']],
    ['git log # the rest', ['git', 'log']],
    ['git a#b', ['git', 'a#b']],
    ['echo $HOME * | > ;', ['echo', '$HOME', '*', '|', '>', ';']],
    ['', []],
    ['a\\\nb', ['ab']],
  ])('%j', (line, words) => {
    expect(splitCommand(line)).toEqual(words);
  });

  it('says what is wrong', () => {
    expect(() => splitCommand("a 'b")).toThrow("the quote ' is not closed");
    expect(() => splitCommand('a "b\\"')).toThrow('the quote " is not closed');
    expect(() => splitCommand('a\\')).toThrow('ends with a backslash');
  });
});
