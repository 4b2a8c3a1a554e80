/** A real mount: what it shows is what the folder behind it holds, page by page, and the kernel asks only once. */
import { execFile, execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mountState } from '../../src/fuse/mount-state.ts';
import { files, FusePlace, whyNotRoot } from './place.ts';

const run = promisify(execFile);
let place: FusePlace;
beforeEach((context) => {
  context.skip(whyNotRoot !== undefined, whyNotRoot);
  place = new FusePlace();
});
afterEach(() => (whyNotRoot === undefined ? place.remove() : undefined));

const readable = Object.keys(files).filter((name) => name !== 'broken' && name !== 'short');

/** What the kernel keeps of all file systems is dropped. */
const dropCaches = (): void => writeFileSync('/proc/sys/vm/drop_caches', '3');

describe('a mount', () => {
  test('shows every byte, name and attribute of a folder', async () => {
    await place.serve();
    for (const name of readable) execFileSync('cmp', [place.original(name), place.at(name)]);
    const about = '%P %y %s %m %U %G %T@ %C@ %l\n';
    const listing = (folder: string): string[] =>
      execFileSync('find', ['.', '-not', '-type', 'd', '-printf', about], { cwd: folder, encoding: 'utf8' })
        .split('\n')
        .sort();
    expect(listing(place.mount)).toEqual(listing(place.source));
    const names = (folder: string): string => execFileSync('ls', ['-aR'], { cwd: folder, encoding: 'utf8' });
    expect(names(place.mount)).toBe(names(place.source));
    expect(readFileSync(place.at('link'), 'utf8')).toBe('deep');
  });

  test('reads the same as the file at any place', async () => {
    await place.serve();
    const files = [place.original('big'), place.at('big')].map((each) => openSync(each, 'r'));
    const read = (file: number, offset: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
    };
    fc.assert(
      fc.property(fc.nat(3_100_000), fc.nat(300_000), (offset, length) => {
        const [original, served] = files.map((file) => read(file, offset, length));
        expect(original?.equals(served ?? Buffer.alloc(0))).toBe(true);
      }),
      { numRuns: 200 },
    );
    files.forEach(closeSync);
  });

  test('lets a program run, and be mapped executable', async () => {
    await place.serve();
    execFileSync(place.at('true'));
    const offsets = Array.from({ length: 200 }, (_, index) => index * 14_983);
    const output = execFileSync(place.compileTouch(), [place.at('big'), ...offsets.map(String)], {
      input: '\n',
      encoding: 'utf8',
    });
    const bytes = readFileSync(place.original('big'));
    expect(output.trim().split('\n').map(Number)).toEqual([0, ...offsets].map((offset) => bytes[offset]));
  });

  test('refuses to be written to', async () => {
    await place.serve();
    expect(() => writeFileSync(place.at('a-page'), '')).toThrow(/EROFS/);
  });

  test('has one owner at a time', async () => {
    await place.serve();
    await expect(place.serve()).rejects.toThrow(/is served already/);
  });
});

describe('the page cache', () => {
  test('is asked instead of the server, until it is dropped', async () => {
    const server = await place.serve();
    const total = (): number => Object.values(server.counts().requests).reduce((sum, count) => sum + count);
    readFileSync(place.at('big'));
    const first = server.counts();
    expect(first.bytes).toBeGreaterThanOrEqual(files.big);
    expect([...first.readSizes.values()].reduce((sum, count) => sum + count)).toBe(first.requests.READ);
    expect(first.readTimes).toHaveLength(first.requests.READ);
    const before = total();
    readFileSync(place.at('big'));
    expect(total()).toBe(before);
    dropCaches();
    readFileSync(place.at('big'));
    expect(server.counts().requests.READ).toBeGreaterThan(first.requests.READ);
    expect(server.counts().requests.FORGET + server.counts().requests.BATCH_FORGET).toBeGreaterThan(0);
  });

  test('asks for single pages where nothing is read ahead', async () => {
    const server = await place.serve(0);
    const offsets = [10, 20, 30, 500].map((page) => String(page * 4096));
    execFileSync(place.compileTouch(), [place.at('big'), ...offsets], { input: '\n' });
    expect([...server.counts().readSizes]).toEqual([[1, 5]]);
  });

  test('serves 200 processes at once', async () => {
    const server = await place.serve();
    const compare = (): Promise<unknown> => run('cmp', [place.original('big'), place.at('big')]);
    await Promise.all(Array.from({ length: 200 }, compare));
    expect(server.counts().failures).toBe(0);
    // Each page once; readers that meet at a page wait for it.
    expect(server.counts().bytes).toBeLessThan(files.big * 1.1);
  });
});

describe('failures', () => {
  test.each(['broken', 'short'])('a file that cannot be read (%s) is an error, never zeros', async (name) => {
    const server = await place.serve();
    expect(() => readFileSync(place.at(name))).toThrow(/EIO/);
    expect(server.counts().failures).toBeGreaterThan(0);
    // Lines of the log come through the event loop.
    await expect.poll(() => place.log.length).toBeGreaterThan(0);
    expect(place.log[0]).toMatch(/^READ of inode \d+: .*(broken on purpose|where 8192 were asked for)/);
  });

  test('a tree that cannot be made leaves no mount', async () => {
    await expect(place.serve(0, '/proc/nonexistent')).rejects.toThrow(/ENOENT/);
    expect(mountState(place.mount)).toBe('none');
  });

  test('a mount point that is not there is an error of one line', async () => {
    const missing = new FusePlace();
    execFileSync('rmdir', [missing.mount]);
    await expect(missing.serve()).rejects.toThrow(/cannot be mounted on \(No such file or directory\)/);
    execFileSync('mkdir', [missing.mount]);
    await missing.remove();
  });
});

test('an update shows at once, and drops what is stale', async () => {
  const server = await place.serve();
  const other = new FusePlace();
  const before = readFileSync(place.at('a-page'));
  const held = openSync(place.at('a-page'), 'r');
  expect(readdirSync(place.mount)).not.toContain('new');
  writeFileSync(other.original('new'), 'new');
  const { ino } = statSync(place.at('a-page'));
  await server.update(
    { folder: other.source },
    {
      inodes: [1, ino],
      entries: [
        { parent: 1, name: 'a-page' },
        { parent: 1, name: 'unknown' },
      ],
    },
  );
  expect(readdirSync(place.mount)).toContain('new');
  expect(readFileSync(place.at('a-page'))).toEqual(readFileSync(other.original('a-page')));
  const reads = server.counts().requests.READ;
  const old = Buffer.alloc(4096);
  readSync(held, old, 0, 4096, 0);
  expect(old).toEqual(before);
  expect(server.counts().requests.READ).toBe(reads + 1);
  closeSync(held);
  await expect(server.update({ folder: '/proc/nonexistent' }, {})).rejects.toThrow(/ENOENT/);
  await other.remove();
});
