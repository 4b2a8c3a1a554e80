/** Where a user's files go, whatever the variables say. */
import { userInfo } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { userFolder } from '../../src/util/user-folder.ts';

afterEach(() => vi.unstubAllEnvs());

const { homedir: home } = userInfo();

test.each([
  ['/given', '/home/me', '/given'],
  ['relative', '/home/me', '/home/me/.cache'],
  ['', '/home/me', '/home/me/.cache'],
  ['', '', `${home}/.cache`],
  ['', 'relative', `${home}/.cache`],
  [undefined, undefined, `${home}/.cache`],
])('XDG_CACHE_HOME %j, HOME %j', (given, homeVariable, folder) => {
  vi.stubEnv('XDG_CACHE_HOME', given);
  vi.stubEnv('HOME', homeVariable);
  expect(userFolder('XDG_CACHE_HOME', '.cache')).toBe(folder);
});
