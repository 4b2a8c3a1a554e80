/** A launcher's trailer: found whatever stands in its paths, and refused where a byte of it is not as it was written. */
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createWorkplace, expectImage, type Workplace } from '../contract/workplace.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { decodeLauncher, findTrailer, launcherFile, patchLauncher } from '../../src/image/launcher-file.ts';
import type { ProgramFacts } from '../../src/program/facts.ts';

const usual = 'library from second\n';
let place: Workplace;
afterEach(() => place.remove());

/** How many damaged launchers run at once. */
const together = 8;

describe.each([
  ['launcher', false],
  ['interpreter', true],
])('as %s', (_, asInterpreter) => {
  test('each byte of the trailer matters: a damaged one ends the start with one line', async () => {
    place = await createWorkplace({ asInterpreter });
    const holder = place.files.find((file) => file.endsWith('.loader')) ?? place.launcher;
    const bytes = readFileSync(holder);
    const trailer = findTrailer(bytes)!;
    expectImage(await place.start(), usual);
    const offsets = Array.from({ length: trailer.length }, (__, index) => index);
    const queue = [...offsets];
    const work = async (number: number): Promise<void> => {
      for (let offset = queue.pop(); offset !== undefined; offset = queue.pop()) {
        const file = damagedCopy(bytes, bytes.length - trailer.length + offset, number);
        // An interpreter's file is executed as any other: its loader begins with the same check.
        const outcome = await runProgram(file, [], { env: environment });
        expect(outcome, `byte ${String(offset)}`).toEqual({
          stdout: '',
          stderr: 'linkonce: launcher: cannot be started: it is damaged\n',
          status: 127,
          signal: null,
        });
      }
    };
    await Promise.all(Array.from({ length: together }, (__, number) => work(number)));
  });
});

function damagedCopy(bytes: Buffer, offset: number, number: number): string {
  const file = path.join(place.folder, `damaged-${String(number)}`);
  const damaged = Buffer.from(bytes);
  damaged.writeUInt8(damaged.readUInt8(offset) ^ (1 << (offset % 8)), offset);
  writeFileSync(file, damaged);
  chmodSync(file, 0o755);
  return file;
}

const identity = (inode: bigint) => ({ device: 1n, inode, size: 3n, mtimeNs: 4n, ctimeNs: 5n });

test('the magic in a path of the trailer is no other trailer', async () => {
  place = await createWorkplace();
  const module = { path: '/opt/LAUNCHER/ld.so', name: 'ld.so', identity: undefined };
  const facts = {
    path: '/opt/LAUNCHER/x',
    interpreter: module,
    invocation: '/opt/LAUNCHER/x',
    stackFlags: 6,
    variables: [],
  };
  const loader = Buffer.alloc(64);
  for (const padding of Array.from({ length: 16 }, (_, index) => 'x'.repeat(index))) {
    const bytes = launcherFile(loader, facts as unknown as ProgramFacts, {
      form: {
        imagePath: `/opt/${padding}LAUNCHER/x.image`,
        identity: identity(1n),
        planAddress: 4096,
        tablesSize: 4096,
        headSize: 8192,
        checksum: 5n,
        digest: Buffer.alloc(32, 5),
      },
      ownName: 'x',
      countPath: '',
      interpreter: false,
      endOnCollision: false,
    });
    const patched = patchLauncher(bytes, {
      checksum: 7n,
      digest: Buffer.alloc(32, 7),
      imagePath: `/opt/${padding}LAUNCHER/y.image`,
      identity: identity(2n),
    });
    expect(decodeLauncher(patched)!.forms).toEqual([
      expect.objectContaining({
        checksum: 7n,
        digest: Buffer.alloc(32, 7),
        imagePath: `/opt/${padding}LAUNCHER/y.image`,
        identity: identity(2n),
      }),
    ]);
  }
  copyFileSync(place.program, path.join(place.folder, 'no-launcher'));
  expect(findTrailer(readFileSync(path.join(place.folder, 'no-launcher')))).toBeUndefined();
});
