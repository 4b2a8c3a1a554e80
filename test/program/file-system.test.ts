/** Where a file's times are data of an image, a program is refused by file and file system. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { whyTimesTellNothing } from '../../src/program/file-system.ts';
import { linkonce } from '../cli/linkonce.ts';
import { failure } from '../store/place.ts';
import { workshop } from './workshop.ts';

const shop = workshop();
const at = (...names: readonly string[]) => path.join(shop.directory, ...names);
const mounted: string[] = [];
afterEach(() => {
  for (const folder of mounted.splice(0).reverse()) execFileSync('umount', [folder]);
});

type Skip = (reason: string) => never;

function run(skip: Skip, command: string, ...args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: 'pipe' });
  } catch (error) {
    skip(`${command} does not work here: ${(error as Error).message.split('\n').at(-2) ?? ''}`);
  }
}

/** Answers the folder. */
function mount(skip: Skip, name: string, ...args: readonly string[]): string {
  const folder = at(`mount-${name}`);
  mkdirSync(folder, { recursive: true });
  run(skip, 'mount', ...args, folder);
  mounted.push(folder);
  return folder;
}

/** A folder with a program in it, as an image of two builds would have it. */
function content(name: string): string {
  mkdirSync(at(name), { recursive: true });
  shop.program(path.join(name, 'tool'), 'int main(void) { return 0; }');
  return at(name);
}

function squashed(skip: Skip, name: string): string {
  run(skip, 'mksquashfs', content(name), at(`${name}.image`), '-all-time', '1700000000', '-noappend');
  return mount(skip, name, '-o', 'loop,ro', at(`${name}.image`));
}

test('squashfs: bind says so in one line', async ({ skip }) => {
  const tool = path.join(squashed(skip, 'squashed'), 'tool');
  const line = await failure(linkonce(['bind', '-o', at('launcher'), tool]));
  expect(line).toContain(`${tool}: is on squashfs, whose times do not tell content`);
});

test('erofs', ({ skip }) => {
  run(skip, 'mkfs.erofs', '-T1700000000', at('erofs.image'), content('erofs'));
  const folder = mount(skip, 'erofs', '-o', 'loop,ro', at('erofs.image'));
  expect(whyTimesTellNothing(path.join(folder, 'tool'))).toContain('is on erofs');
});

test('an image of ext4 that is mounted read-only came with its times, too', ({ skip }) => {
  run(skip, 'mke2fs', '-q', '-t', 'ext4', '-d', content('ext4'), at('ext4.image'), '8M');
  const readOnly = mount(skip, 'ext4', '-o', 'loop,ro', at('ext4.image'));
  expect(whyTimesTellNothing(path.join(readOnly, 'tool'))).toContain('is on a read-only ext4');
  execFileSync('umount', [mounted.pop() ?? '']);
  const writable = mount(skip, 'ext4', '-o', 'loop', at('ext4.image'));
  expect(whyTimesTellNothing(path.join(writable, 'tool'))).toBeUndefined();
});

test('a mount that is read-only of a file system that is not: the kernel writes its times', ({ skip }) => {
  const folder = mount(skip, 'bound', '--bind', content('bound'));
  run(skip, 'mount', '-o', 'remount,bind,ro', folder);
  expect(() => writeFileSync(path.join(folder, 'new'), '')).toThrow('EROFS');
  expect(whyTimesTellNothing(path.join(folder, 'tool'))).toBeUndefined();
});

function overlay(skip: Skip, name: string, lower: string): string {
  const memory = mount(skip, `${name}-memory`, '-t', 'tmpfs', 'none');
  const [upper, work] = [path.join(memory, 'upper'), path.join(memory, 'work')];
  for (const folder of [upper, work]) mkdirSync(folder);
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  return mount(skip, `${name}-overlay`, '-t', 'overlay', '-o', options, 'none');
}

test('an overlay of squashfs: what lies below is refused, what was written above is not', ({ skip }) => {
  const folder = overlay(skip, 'below', squashed(skip, 'below'));
  const tool = path.join(folder, 'tool');
  expect(whyTimesTellNothing(tool)).toContain('is on an overlay');
  cpSync(tool, path.join(folder, 'other'));
  expect(whyTimesTellNothing(path.join(folder, 'other'))).toBeUndefined();
});

test('an overlay of a local file system, and one that nobody can write to', ({ skip }) => {
  const lower = content('local');
  expect(whyTimesTellNothing(path.join(overlay(skip, 'local', lower), 'tool'))).toBeUndefined();
  mkdirSync(at('empty'), { recursive: true });
  const options = `lowerdir=${at('empty')}:${lower}`;
  const readOnly = mount(skip, 'read-only', '-t', 'overlay', '-o', options, 'none');
  expect(whyTimesTellNothing(path.join(readOnly, 'tool'))).toContain('is on a read-only overlay');
});

test('data and metadata in two layers, as composefs has them', ({ skip }) => {
  mkdirSync(at('metadata'), { recursive: true });
  const memory = mount(skip, 'split-memory', '-t', 'tmpfs', 'none');
  const [upper, work] = [path.join(memory, 'upper'), path.join(memory, 'work')];
  for (const folder of [upper, work]) mkdirSync(folder);
  const layers = `lowerdir=${at('metadata')}::${content('data')},upperdir=${upper},workdir=${work}`;
  const folder = mount(skip, 'split', '-t', 'overlay', '-o', `${layers},metacopy=on`, 'none');
  cpSync(at('data', 'tool'), path.join(folder, 'tool'));
  expect(whyTimesTellNothing(path.join(folder, 'tool'))).toContain('is on an overlay');
});

test('in memory', ({ skip }) => {
  const folder = mount(skip, 'memory', '-t', 'tmpfs', 'none');
  cpSync(path.join(content('plain'), 'tool'), path.join(folder, 'tool'));
  expect(whyTimesTellNothing(path.join(folder, 'tool'))).toBeUndefined();
  expect(statSync(path.join(folder, 'tool')).size).toBeGreaterThan(0);
});
