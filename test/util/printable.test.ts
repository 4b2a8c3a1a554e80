import { expect, test } from 'vitest';
import { printable, printableLine } from '../../src/util/printable.ts';

test.each([
  ['a\u001b[2Jb', 'a\\x1b[2Jb'],
  ['a\u001b]0;title\u0007', 'a\\x1b]0;title\\x07'],
  ['two\nlines\tand\rback', 'two\\nlines\\tand\\rback'],
  ['\u009b31m', '\\x9b31m'],
  ['\u007f', '\\x7f'],
  ['ab\u202ecd', 'ab\\u202ecd'],
  ['größer, 日本', 'größer, 日本'],
])('%j in a line is %s', (text, shown) => {
  expect(printableLine(text)).toBe(shown);
});

test('newlines and tabs of a text stay, and colours where they are on', () => {
  const text = '\u001b[31mred\u001b[39m\n\tmore\u001b[1A';
  expect(printable(text, true)).toBe('\u001b[31mred\u001b[39m\n\tmore\\x1b[1A');
  expect(printable(text, false)).toBe('\\x1b[31mred\\x1b[39m\n\tmore\\x1b[1A');
  expect(printable('\u001b[8mhidden', true)).toBe('\\x1b[8mhidden');
});
