/** Starts that a store's launchers hand over are counted, by and for the store's owner, and harm nobody. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askLauncher } from '../../src/image/ask-launcher.ts';
import { decodeCount, readCount } from '../../src/image/hand-over-count.ts';
import { countFileSize } from '../../src/image/plan-layout.ts';
import { reasons } from '../../src/image/reasons.ts';
import { linkonce } from '../cli/linkonce.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';
import { createPlace, fromStore, placeAt, well, type Place } from './place.ts';

const said = 'library from second\n';

let place: Place;
let library: string;
let file: string;
beforeEach(async () => {
  place = createPlace('search-path', 'bss');
  library = place.program('second/liborder.so');
  await well(place.command('add', place.program('search-path'), place.program('bss')));
  file = path.join(place.store, 'counts', 'search-path');
});
afterEach(() => place.remove());

/** Another file with the same content: the launcher hands over until an update. */
function replaceLibrary(): void {
  copyFileSync(library, `${library}.new`);
  renameSync(`${library}.new`, library);
}

const start = async (
  command = path.join(place.store, 'bin', 'search-path'),
  args: readonly string[] = [],
): Promise<void> => {
  const { stdout, stderr } = await runProgram(command, args, { env: environment });
  expect({ stdout, stderr }).toEqual({ stdout: said, stderr: '' });
};

async function listed(): Promise<Record<string, unknown>> {
  const { programs } = JSON.parse(await well(place.command('list', '--json'))) as {
    programs: Record<string, unknown>[];
  };
  return programs.find(({ name }) => name === 'search-path')!;
}

test('a start from the image, and a launcher that is only asked, count nothing', async () => {
  await start();
  replaceLibrary();
  expect(askLauncher(path.join(place.store, 'bin', 'search-path'), environment)).toBeDefined();
  expect(readCount(file)).toEqual({ count: 0, reason: '' });
  expect(await listed()).not.toHaveProperty('handedOver');
});

test('hand-overs show with number, time and reason, and stay while generations go', async () => {
  const begun = Date.now();
  replaceLibrary();
  for (let count = 0; count < 3; count++) await start();
  const { count, last, reason: why } = readCount(file)!;
  expect({ count, why }).toEqual({ count: 3, why: reasons.fileChanged.text });
  expect(last!.getTime()).toBeGreaterThanOrEqual(begun);
  expect(last!.getTime()).toBeLessThanOrEqual(Date.now());
  expect(await listed()).toMatchObject({
    handedOver: { count: 3, last: last!.toISOString(), reason: reasons.fileChanged.text },
  });
  await well(place.command('update'));
  await fromStore(place.run('search-path'), said);
  const text = await well(place.command('list'));
  expect(text).toMatch(
    /^ {2}search-path .* ready\n +3 starts of the owner were handed over, the last one [-\d]+ [:\d]+: a file is not as at bind$/m,
  );
  expect(text.match(/handed over/g)).toHaveLength(1);
  const shown = JSON.parse(await well(linkonce(['inspect', '--json', file]))) as unknown;
  expect(shown).toMatchObject({ kind: 'count of starts that were handed over', count: 3 });
});

test('several processes at once: none is lost', async () => {
  replaceLibrary();
  await Promise.all(Array.from({ length: 40 }, () => start()));
  expect(readCount(file)).toMatchObject({ count: 40, reason: reasons.fileChanged.text });
});

test('it leaves with its program, and with the store', async () => {
  await well(place.command('remove', 'search-path'));
  expect(existsSync(file)).toBe(false);
  await well(place.command('verify'));
  await well(place.command('undo'));
  expect(existsSync(place.store)).toBe(false);
});

test('a store elsewhere has its own', async () => {
  const other = placeAt(place.folder, path.join(place.folder, 'other'));
  await well(place.command('export', other.store));
  replaceLibrary();
  await runProgram(path.join(other.store, 'bin', 'search-path'), [], { env: environment });
  expect(readCount(path.join(other.store, 'counts', 'search-path'))).toMatchObject({ count: 1 });
  expect(readCount(file)).toMatchObject({ count: 0 });
});

describe('what is no count of this user', () => {
  const content = (): Buffer => readFileSync(file);
  const cases: readonly (readonly [string, () => void])[] = [
    ['a file that others may write', () => chmodSync(file, 0o666)],
    ['a longer file', () => truncateSync(file, countFileSize + 1)],
    ['an empty file', () => truncateSync(file, 0)],
    [
      'a link',
      () => {
        renameSync(file, `${file}-elsewhere`);
        symlinkSync(`${file}-elsewhere`, file);
      },
    ],
    [
      'a file of another kind and the same size',
      () => {
        rmSync(file);
        copyFileSync(library, file);
        truncateSync(file, countFileSize);
      },
    ],
  ];

  test.each(cases)('%s: nothing is written, and the program runs', async (_what, change) => {
    change();
    replaceLibrary();
    const before = content();
    await start();
    expect(content()).toEqual(before);
  });

  test('none at all: nothing is made, and the program runs', async () => {
    rmSync(file);
    replaceLibrary();
    await start();
    expect(existsSync(file)).toBe(false);
    await well(place.command('update'));
    expect(readCount(file)).toMatchObject({ count: 0 });
  });

  test('of another user: neither root nor he counts in what is not his own', async ({ skip }) => {
    skip(whyNoStranger !== undefined, whyNoStranger);
    chmodSync(place.folder, 0o755);
    await well(place.command('add', place.program('search-path')));
    replaceLibrary();
    await start(...asStranger(path.join(place.store, 'bin', 'search-path'), []));
    expect(readCount(file)).toMatchObject({ count: 0 });
    chownSync(file, 65_534, 65_534);
    await start();
    expect(readCount(file)).toMatchObject({ count: 0 });
    expect(lstatSync(file).uid).toBe(65_534);
  });
});

test('a reason that is longer than its room is cut, and always ends', () => {
  const bytes = readFileSync(file);
  bytes.fill(0x41, bytes.length - 224);
  expect(decodeCount(bytes)?.reason).toBe('A'.repeat(224));
  for (const { text } of Object.values(reasons)) expect(Buffer.byteLength(text)).toBeLessThan(224);
});
