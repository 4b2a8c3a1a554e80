/**
 * Files that are others than at bind, with the same content: handed over, settled, from the image; and whatever is not the same content,
 * or was not settled by somebody who may, is handed over as ever.
 */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSettled } from '../../src/image/settled.ts';
import { contentDigest } from '../../src/util/content-digest.ts';
import { compileLibrary, expectHandOver, expectImage } from '../contract/workplace.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';
import type { SettledPlace } from './settled-place.ts';
import { createSettledPlace, replaceByEqual, settler, whyNoMounts } from './settled-place.ts';

const changed = 'a file is not as at bind';
const settled = { stdout: '', stderr: '', status: 0 };

describe.skipIf(whyNoMounts)('settled identities', () => {
  let place: SettledPlace;
  let usual: string;

  beforeEach(async () => {
    place = await createSettledPlace();
    usual = (await place.stock()).stdout;
  });
  afterEach(() => {
    place.remove();
  });

  const everything = (): string[] => [place.program, place.library, ...place.files];

  /** As after tar and untar: nothing is the file that it was. */
  async function unpackAndSettle(): Promise<void> {
    everything().forEach(replaceByEqual);
    expectHandOver(await place.startThere(), usual, changed);
    expect(await place.settle()).toMatchObject(settled);
    expectImage(await place.startThere(), usual);
  }

  test('all files are others with the same content: settled once, then from the image', async () => {
    await unpackAndSettle();
    const { files } = readSettled(place.settledFile());
    expect(files[0]).toMatchObject({ inode: statSync(place.files[0]!, { bigint: true }).ino });
    expect(readdirSync(path.dirname(place.settledFile()))).toEqual([path.basename(place.settledFile())]);
  });

  test('nothing is another file: nothing is read, and the start does not look', async () => {
    const { stdout, status } = await place.settle(['-v', place.launcher]);
    expect({ stdout, status }).toEqual({ stdout: '0 files compared, 0 kB\n', status: 0 });
    const { stderr } = await place.see(['strace', '-e', 'trace=openat', place.launcher]);
    expect(stderr).not.toContain('/run/linkonce');
  });

  test('what is noted is for all users, whatever the umask', async () => {
    everything().forEach(replaceByEqual);
    rmSync(path.join(place.run, 'linkonce'), { recursive: true });
    expect(await place.settle([place.launcher], 'umask 077')).toMatchObject(settled);
    const modes = [path.dirname(place.settledFile()), place.settledFile()].map(
      (file) => statSync(file).mode & 0o777,
    );
    expect(modes).toEqual([0o755, 0o644]);
  });

  test('a second time only what changed is read', async () => {
    await unpackAndSettle();
    expect((await place.settle(['-v', place.launcher])).stdout).toBe('0 files compared, 0 kB\n');
    replaceByEqual(place.library);
    expect((await place.settle(['-v', place.launcher])).stdout).toMatch(/^1 files compared/);
    expectImage(await place.startThere(), usual);
  });

  test('a library with other content and the same size: said, handed over; its old content: settled', async () => {
    everything().forEach(replaceByEqual);
    copyFileSync(place.library, path.join(place.folder, 'old'));
    const said = /second from: (.*)/.exec(usual)?.[1] ?? 'second';
    compileLibrary(place.library, 'x'.repeat(said.length));
    const other = (await place.stock()).stdout;
    expect(other).not.toBe(usual);
    expect(await place.settle()).toMatchObject({
      status: 1,
      stderr: `linkonce-settle: ${place.library}: has other content than at bind\n`,
    });
    expectHandOver(await place.startThere(), other, changed);
    renameSync(path.join(place.folder, 'old'), place.library);
    expect(await place.settle()).toMatchObject(settled);
    expectImage(await place.startThere(), usual);
  });

  test.each([
    ['written to', (file: string) => appendFileSync(file, 'x')],
    ['replaced by an equal file', replaceByEqual],
    ['given another mode', (file: string) => chmodSync(file, statSync(file).mode ^ 0o010)],
  ] as const)('a file that is settled and then %s: handed over', async (_, change) => {
    await unpackAndSettle();
    change(place.library);
    expectHandOver(await place.startThere(), usual, changed);
  });

  test('a library that is gone, an image that is cut, a launcher that is none: each is said', async () => {
    const [image = ''] = place.files;
    renameSync(place.library, `${place.library}.old`);
    expect((await place.settle()).stderr).toBe(`linkonce-settle: ${place.library}: is not there\n`);
    renameSync(`${place.library}.old`, place.library);
    truncateSync(image, statSync(image).size - 1);
    expect((await place.settle()).stderr).toBe(`linkonce-settle: ${image}: is damaged\n`);
    expect(await place.settle([place.program])).toMatchObject({
      status: 1,
      stderr: `linkonce-settle: ${place.program}: is no launcher\n`,
    });
    expect(await place.settle(['/proc/nonexistent'])).toMatchObject({
      status: 1,
      stderr: 'linkonce-settle: /proc/nonexistent: No such file or directory\n',
    });
    expect((await place.settle([place.folder])).stderr).toBe(
      `linkonce-settle: ${place.folder}: there is no store\n`,
    );
    expect(await place.settle([])).toMatchObject({ status: 2 });
  });

  test('an image with other bytes behind its plan is not settled', async () => {
    const [image = ''] = place.files;
    const bytes = readFileSync(image);
    const last = bytes.length - 40;
    bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
    writeFileSync(image, bytes);
    replaceByEqual(place.library);
    expect(await place.settle()).toMatchObject({
      status: 1,
      stderr: `linkonce-settle: ${image}: has other content than at bind\n`,
    });
    expectHandOver(await place.startThere(), usual, changed);
  });

  test('whatever is in the place of the file, a start is right, and waits for nothing', async () => {
    await unpackAndSettle();
    const file = place.settledFile();
    const bytes = readFileSync(file);
    const replacements: Readonly<Record<string, () => void>> = {
      nothing: () => undefined,
      'an empty file': () => writeFileSync(file, ''),
      'its head alone': () => writeFileSync(file, bytes.subarray(0, 24)),
      'half of it': () => writeFileSync(file, bytes.subarray(0, 24 + 48 * 3 + 7)),
      'of another version': () => writeFileSync(file, changedAt(bytes, 16)),
      'of another plan': () => writeFileSync(file, changedAt(bytes, 8)),
      'for another image': () => writeFileSync(file, changedAt(bytes, 24 + 8)),
      'a link to the right one': () => {
        writeFileSync(`${file}.right`, bytes);
        symlinkSync(`${file}.right`, file);
      },
      'a pipe': () => spawnSync('mkfifo', [file]),
      'a folder': () => mkdirSync(file),
      'one that its group may write': () => {
        writeFileSync(file, bytes);
        chmodSync(file, 0o664);
      },
    };
    for (const replace of Object.values(replacements)) {
      rmSync(file, { recursive: true, force: true });
      replace();
      expectHandOver(await place.startThere(), usual, changed);
    }
    rmSync(file, { recursive: true, force: true });
    writeFileSync(file, bytes, { mode: 0o644 });
    expectImage(await place.startThere(), usual);
  });

  test('each byte of the rows matters, or is of a row that is not looked at', async () => {
    await unpackAndSettle();
    const file = place.settledFile();
    const bytes = readFileSync(file);
    const rows = readSettled(file).files;
    // Row 0 is the image; every row of another file than at bind that is damaged hands over.
    for (const [index, row] of rows.entries()) {
      writeFileSync(file, changedAt(bytes, 24 + index * 48 + 40));
      const outcome = await place.startThere();
      expect(outcome.stdout).toBe(usual);
      const isReplaced = [0, ...rows.keys()].includes(index) && row && isOf(row.inode, everything());
      if (isReplaced && !isMappedElsewhere(rows, index)) expectHandOver(outcome, usual, changed);
    }
  });

  /** Of a file that is both read and mapped only the row of the mapping is looked at. */
  function isMappedElsewhere(rows: ReturnType<typeof readSettled>['files'], index: number): boolean {
    return rows.some((row, other) => other > index && row?.inode === rows[index]?.inode);
  }

  test('a place that is read-only, or cannot be made: said', async () => {
    replaceByEqual(place.library);
    const readOnly = await place.settle(undefined, 'mount -o remount,bind,ro /run');
    expect(readOnly).toMatchObject({
      status: 1,
      stderr: 'linkonce-settle: /run/linkonce: Read-only file system\n',
    });
    rmSync(path.join(place.run, 'linkonce'), { recursive: true });
    expect(await place.settle()).toMatchObject(settled);
    expectImage(await place.startThere(), usual);
  });

  test('many at once: all succeed, and nothing is left beside', async () => {
    everything().forEach(replaceByEqual);
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => place.settle()));
    for (const outcome of outcomes) expect(outcome).toMatchObject(settled);
    expect(readdirSync(path.dirname(place.settledFile()))).toEqual([path.basename(place.settledFile())]);
    expectImage(await place.startThere(), usual);
  });

  test('a file that somebody has open for writing is not settled', async ({ skip }) => {
    replaceByEqual(place.library);
    const outcome = await place.settle(undefined, 'exec 7>>"$folder/second/liborder.so"');
    if (process.geteuid?.() !== 0) skip('only root may ask for every file');
    expect(outcome).toMatchObject({
      status: 1,
      stderr: `linkonce-settle: ${place.library}: is open for writing\n`,
    });
  });

  test('a file that the kernel has measured is not read', async ({ skip }) => {
    if (spawnSync('strace', ['-V']).status !== 0) skip('there is no strace');
    replaceByEqual(place.library);
    const digest = contentDigest(readFileSync(place.library)).toString('hex');
    // struct fsverity_digest: SHA-256, 32 bytes.
    const answer = `inject=ioctl:retval=0:poke_exit=@arg3=01002000${digest}`;
    const quiet = ['strace', '-o', '/dev/null', '-e', 'trace=ioctl', '-e', answer];
    const outcome = await place.see([...quiet, settler, '-v', place.launcher]);
    if (outcome.stderr.includes('poke_exit')) skip('this strace cannot answer in the place of the kernel');
    expect(outcome).toMatchObject({ stdout: '0 files compared, 0 kB\n', stderr: '', status: 0 });
    expectImage(await place.startThere(), usual);
  });

  describe.skipIf(whyNoStranger)('of several users', () => {
    const stranger = (file: string): readonly string[] => asStranger(file, []).flat();
    const settling = (): readonly string[] => [...stranger(settler), place.launcher];
    const starting = (): readonly string[] => stranger(place.launcher);

    test('what root has settled serves all; what a user has settled serves that user', async () => {
      chmodSync(path.join(place.run, 'linkonce'), 0o1777);
      everything().forEach(replaceByEqual);
      expect(await place.see(settling())).toMatchObject(settled);
      expect(existsSync(place.settledFile(65534))).toBe(true);
      expectImage(await place.see(starting()), usual);
      expectHandOver(await place.startThere(), usual, changed);
      expect(await place.settle()).toMatchObject(settled);
      rmSync(place.settledFile(65534));
      expectImage(await place.see(starting()), usual);
    });

    test('a file of another user in the place of one’s own is not believed', async () => {
      await unpackAndSettle();
      chownSync(place.settledFile(), 65534, 65534);
      expectHandOver(await place.startThere(), usual, changed);
    });
  });
});

function changedAt(bytes: Buffer, offset: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(offset) ^ 1, offset);
  return changed;
}

function isOf(inode: bigint, files: readonly string[]): boolean {
  return files.some((file) => statSync(file, { bigint: true }).ino === inode);
}

describe.skipIf(whyNoMounts).each([
  ['image:single', false],
  ['image:partitions', false],
  ['install:files', false],
  ['prelink:files', false],
  ['image:data', true],
] as const)('%s, as an interpreter: %s', (form, asInterpreter) => {
  test('all files are others with the same content: settled once, then from the image', async () => {
    const place = await createSettledPlace(form, asInterpreter);
    const usual = (await place.stock()).stdout;
    [place.program, place.library, ...place.files].forEach(replaceByEqual);
    expectHandOver(await place.startThere(), usual, changed);
    expect(await place.settle()).toMatchObject(settled);
    expectImage(await place.startThere(), usual);
    place.remove();
  });
});
