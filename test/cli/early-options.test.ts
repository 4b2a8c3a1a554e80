/** An option before the subcommand that has it counts as one behind it; where it has none of the name, one line says so. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { linkonce } from './linkonce.ts';

const nowhere = path.join('/proc/nonexistent', 'store');
const refused = (line: RegExp, status: number) => ({
  stdout: '',
  stderr: expect.stringMatching(line) as string,
  status,
  signal: null,
});

test.each<[string[], RegExp, number]>([
  [
    ['store', '--store', nowhere, 'list'],
    /^linkonce: \/proc\/nonexistent\/store: there is no store[^\n]*\n$/,
    1,
  ],
  [
    ['pagein', '--store', nowhere, 'status'],
    /^linkonce: \/proc\/nonexistent\/store: is not there; [^\n]*makes[^\n]*\n$/,
    1,
  ],
  [['store', '--gap', '3', 'list'], /^linkonce: store list has no option '--gap'\n$/, 2],
  [
    ['store', '--wait', 'x', 'verify'],
    /^linkonce: option '--wait <seconds>' argument 'x' is invalid[^\n]*\n$/,
    2,
  ],
  [['store', '--no-such-option', 'list'], /^linkonce: unknown option '--no-such-option'\n/, 2],
])('%j', async (args, line, status) => {
  expect(await linkonce(args)).toEqual(refused(line, status));
});

test('a flag, too', async () => {
  const behind = await linkonce(['model', 'collision', '--bits', '16', '--json']);
  expect(behind).toMatchObject({ status: 0, stderr: '' });
  expect(await linkonce(['model', '--json', '--bits', '16', 'collision'])).toEqual(behind);
});

test.each<[string[], string]>([
  [['inspect', '/a\u001b[31m/b'], '/a\\x1b[31m/b'],
  [['store', 'list', '--store', '/a\nlinkonce: all is well'], '/a\\nlinkonce: all is well'],
  [['no\u001b]0;title\u0007'], 'no\\x1b]0;title\\x07'],
])('%j: what is said of it moves nothing on a terminal', async (args, shown) => {
  const { stderr } = await linkonce(args);
  expect(stderr).toContain(shown);
  expect(stderr).toMatch(/^linkonce: [^\p{Cc}]+\n$/u);
});
