/** Who may read or execute a file: its own permissions, and those of every folder on the way. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  copyFor,
  executableBy,
  executorsOf,
  readableBy,
  readersOf,
  type Audience,
} from '../../src/program/audience.ts';
import { workshop } from './workshop.ts';

const { directory } = workshop();
const at = (...names: readonly string[]) => path.join(directory, 'open', ...names);
const group = process.getgid?.() ?? 0;
let rounds = 0;

function file(mode: number): string {
  const name = at(`file-${String(rounds++)}`);
  writeFileSync(name, '');
  chmodSync(name, mode);
  return name;
}

/** Everybody may come into the workshop. */
beforeEach(() => {
  mkdirSync(at(), { recursive: true });
  chmodSync(directory, 0o755);
  chmodSync(at(), 0o755);
});

test.each<[string, number, Audience, Audience]>([
  ['0755', 0o755, 'everybody', 'everybody'],
  ['0644', 0o644, 'everybody', 'owner'],
  ['0711', 0o711, 'owner', 'everybody'],
  ['0750', 0o750, { group }, { group }],
  ['0751', 0o751, { group }, 'everybody'],
  ['0700', 0o700, 'owner', 'owner'],
  ['a group with less than the others, 0705', 0o705, 'owner', 'owner'],
  ['an owner with less than the others, 0055', 0o055, 'everybody', 'everybody'],
])('%s', (_, mode, readers, executors) => {
  const name = file(mode);
  expect(readersOf([name])).toEqual(readers);
  expect(executorsOf(name)).toEqual(executors);
});

test('a link has the permissions of where it leads, and of the way there', () => {
  mkdirSync(at('closed'), { mode: 0o700 });
  writeFileSync(at('closed', 'file'), '');
  symlinkSync(at('closed', 'file'), at('link'));
  expect(readersOf([at('link')])).toBe('owner');
  chmodSync(at('closed'), 0o711);
  expect(readersOf([at('link')])).toBe('everybody');
  chmodSync(at('closed'), 0o710);
  expect(readersOf([at('link')])).toEqual({ group });
});

test('what is gone is for nobody else', () => {
  expect(readersOf([at('nothing')])).toBe('owner');
});

test('an access control list may shut anybody out', ({ skip }) => {
  const name = file(0o644);
  // linux/posix_acl_xattr.h: version, then tag, permissions and id of each entry; user 65534 may do nothing.
  const entries = [
    [1, 6],
    [2, 0, 65534],
    [4, 4],
    [16, 4],
    [32, 4],
  ];
  const words = entries.map(([tag = 0, bits = 0, id = 0xffffffff]) => {
    const entry = Buffer.alloc(8);
    entry.writeUInt16LE(tag, 0);
    entry.writeUInt16LE(bits, 2);
    entry.writeUInt32LE(id, 4);
    return entry;
  });
  const value = Buffer.concat([Buffer.from([2, 0, 0, 0]), ...words]).toString('hex');
  const set =
    'import os,sys; os.setxattr(sys.argv[1], "system.posix_acl_access", bytes.fromhex(sys.argv[2]))';
  try {
    execFileSync('python3', ['-c', set, name, value], { stdio: 'pipe' });
  } catch (error) {
    skip(`no access control list can be set: ${(error as Error).message.split('\n').at(-2) ?? ''}`);
  }
  expect(readersOf([name])).toBe('owner');
});

describe('several files', () => {
  test('serve those who may read all of them', () => {
    const [open, grouped, closed] = [file(0o644), file(0o640), file(0o600)];
    expect(readersOf([open, open])).toBe('everybody');
    expect(readersOf([open, grouped])).toEqual({ group });
    expect(readersOf([grouped, closed, open])).toBe('owner');
  });

  test('of two groups serve their owner', ({ skip }) => {
    if (process.getuid?.() !== 0) skip('only root can give a file to any group');
    const [one, other] = [file(0o640), file(0o640)];
    chownSync(other, 0, group + 1);
    expect(readersOf([one])).toEqual({ group });
    expect(readersOf([one, other])).toBe('owner');
  });
});

test.each<[Audience, Audience, number, number, number]>([
  ['everybody', 'everybody', 0o644, 0o755, 0o755],
  ['owner', 'everybody', 0o600, 0o755, 0o711],
  ['owner', 'owner', 0o600, 0o700, 0o700],
  [{ group: 5 }, { group: 5 }, 0o640, 0o750, 0o750],
  [{ group: 5 }, 'everybody', 0o640, 0o755, 0o751],
  ['owner', { group: 5 }, 0o600, 0o750, 0o710],
  [{ group: 5 }, { group: 6 }, 0o640, 0o750, 0o710],
  ['everybody', { group: 5 }, 0o644, 0o750, 0o754],
  ['everybody', 'owner', 0o644, 0o700, 0o744],
])('readers %j and executors %j', (readers, executors, data, launcher, copy) => {
  expect(readableBy(readers).mode).toBe(data);
  expect(executableBy(executors).mode).toBe(launcher);
  expect(copyFor(readers, executors).mode).toBe(copy);
  for (const { mode, group: of } of [
    readableBy(readers),
    executableBy(executors),
    copyFor(readers, executors),
  ]) {
    const differs = ((mode >> 3) & 7) !== (mode & 7);
    expect(of !== undefined).toBe(differs);
  }
});
