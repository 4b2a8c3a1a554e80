/** Whatever happens to a server, its files or its mount: the right bytes, an error, or ld.so; never a wrong byte. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, beforeEach, afterAll, describe, expect, test } from 'vitest';
import { openCompressedFile } from '../../src/compression/compressed-file.ts';
import { isCompressed } from '../../src/compression/is-compressed.ts';
import { mountState } from '../../src/fuse/mount-state.ts';
import { serving, slideUnit } from '../../src/image/plan-layout.ts';
import type { Beacon } from '../../src/pagein/beacon.ts';
import { beaconPath, createBeacon, createSigns, findServer } from '../../src/pagein/beacon.ts';
import { placesState } from '../../src/pagein/places-state.ts';
import { lockRange } from '../../src/pagein/record-lock.ts';
import { servePlaces } from '../../src/pagein/serve-places.ts';
import type { Outcome } from '../run-program.ts';
import { runProgram } from '../run-program.ts';
import { hold, whyNoStranger } from '../stranger.ts';
import { debugging, ServedPrograms, whyNoPlaces } from './served-programs.ts';

let programs: ServedPrograms;
let isBound = false;
/** The launcher. */
let file: string;
const tables: Table[] = [];

async function bindTable(): Promise<void> {
  if (isBound) await programs.remove();
  isBound = true;
  programs = new ServedPrograms();
  await programs.bind([programs.compile('table')], 'data');
  ({ file } = programs.get('table'));
}

beforeAll(bindTable);
afterEach(async () => {
  for (const table of tables.splice(0)) table.end();
  await programs.stop();
});
afterAll(() => programs.remove());

/** A process that says of pages of its table whether they are right. */
class Table {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  stderr = '';

  constructor() {
    this.child = spawn(file, [], { env: debugging });
    const { stdin, stdout, stderr } = this.child;
    if (!stdin || !stdout || !stderr) throw new Error('no streams');
    stderr.on('data', (text: Buffer) => (this.stderr += text.toString()));
    stdin.on('error', () => undefined);
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    tables.push(this);
  }

  /** `undefined`: the process is gone. */
  async ask(page: number): Promise<string | undefined> {
    this.child.stdin?.write(`${page}\n`);
    const next = await this.#lines.next();
    return next.done === true ? undefined : next.value;
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}

/** One that has touched page 0. */
async function startTable(): Promise<Table> {
  const table = new Table();
  expect(await table.ask(0)).toBe('right');
  expect(table.stderr).toBe('');
  return table;
}

const runTable = (): Promise<Outcome> => runProgram(file, [], { env: debugging, input: '3\n' });
const expectPlace = (outcome: Outcome): void =>
  expect(outcome).toEqual({ stdout: 'right\n', stderr: '', status: 0, signal: null });

function expectHandOver(outcome: Outcome, why: RegExp): void {
  expect(outcome).toMatchObject({ stdout: 'right\n', status: 0, signal: null });
  expect(outcome.stderr).toMatch(/^linkonce: .*handed over/m);
  expect(outcome.stderr).toMatch(why);
}

const dropCaches = (): void => writeFileSync('/proc/sys/vm/drop_caches', '3');
const restingFiles = (): string[] =>
  readdirSync(programs.places.files, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => path.join(programs.places.files, name))
    .filter(isCompressed);

describe('a server', () => {
  beforeEach(({ skip }) => skip(whyNoPlaces !== undefined, whyNoPlaces));

  test('killed: what was read stays, the rest is lost, starts are handed over, and the next server serves', async () => {
    const server = await programs.serve();
    const table = await startTable();
    expect(await table.ask(7)).toBe('right');
    await server.kill();
    for (const page of [0, 7]) expect(await table.ask(page)).toBe('right');
    for (const page of [20, 21]) expect(await table.ask(page)).toBe('lost');
    expect(await table.ask(0)).toBe('right');
    expect(mountState(programs.places.path)).toBe('dead');
    expectHandOver(await runTable(), /who served the places is gone/);
    const next = await programs.serve();
    expectPlace(await runTable());
    expect((await next.counts())[0]?.relocations).toBeGreaterThan(512);
    expect(await table.ask(22)).toBe('lost');
  });

  test.each(['SIGSTOP', 'SIGTSTP'] as const)(
    'stopped by %s: starts are handed over until it goes on',
    async (signal) => {
      const { child } = await programs.serve();
      child.kill(signal);
      expectHandOver(await runTable(), /who serves the places is stopped/);
      expect(placesState(programs.places.path)).toBe('hung');
      await expect(servePlaces(programs.places, () => undefined)).rejects.toThrow(
        `process ${String(child.pid)} serves it, and hangs`,
      );
      child.kill('SIGCONT');
      await expect.poll(() => findServer(programs.places.path)).toMatchObject({ hangs: false });
      expectPlace(await runTable());
    },
  );

  test('killed while a stranger holds what locks he can: starts are handed over, and the next server serves', async ({
    skip,
  }) => {
    skip(whyNoStranger !== undefined, whyNoStranger);
    const { path: mount, files } = programs.places;
    for (const folder of [programs.folder, files]) chmodSync(folder, 0o755);
    const server = await programs.serve();
    const stranger = await hold(programs.compile('read-lock'), [
      beaconPath(mount),
      files,
      path.dirname(mount),
    ]);
    expect(stranger.holds).toBe(true);
    expectPlace(await runTable());
    await server.kill();
    expectHandOver(await runTable(), /who served the places is gone/);
    await programs.serve();
    expectPlace(await runTable());
    await stranger.end();
  });

  test('is asked again when the kernel has dropped its pages', async () => {
    const server = await programs.serve();
    const table = await startTable();
    expect(await table.ask(9)).toBe('right');
    const before = (await server.counts())[0]?.pages ?? 0;
    table.child.kill('SIGSTOP');
    dropCaches();
    expectPlace(await runTable());
    expect((await server.counts())[0]?.pages).toBeGreaterThan(before);
    table.child.kill('SIGCONT');
    for (const page of [0, 9, 10]) expect(await table.ask(page)).toBe('right');
  });

  test('goes on for those who have its files when it is unmounted', async () => {
    const server = await programs.serve();
    const table = await startTable();
    execFileSync('umount', ['--lazy', programs.places.path]);
    expectHandOver(await runTable(), /nobody serves the places|who served the places is gone/);
    expect(await table.ask(30)).toBe('right');
    const ended = once(server.child, 'exit');
    table.end();
    expect(await ended).toEqual([0, null]);
  });

  test('without memory loses pages until it has some again', async () => {
    const server = await programs.serve([0n, 1n, 2n, 3n].map((units) => units * BigInt(slideUnit)));
    const table = await startTable();
    await server.setPoor(true);
    expect(await table.ask(50)).toBe('lost');
    expect(await table.ask(0)).toBe('right');
    await expect.poll(() => server.log.join('\n')).toMatch(/READ of inode \d+: .*allocation failed/);
    await server.setPoor(false);
    expect(await table.ask(50)).toBe('right');
  });

  test('starts 200 processes at once', async () => {
    const server = await programs.serve();
    const outcomes = await Promise.all(Array.from({ length: 200 }, runTable));
    outcomes.forEach(expectPlace);
    const before = await server.counts();
    expectPlace(await runTable());
    expect(await server.counts()).toEqual(before);
  });

  test('leads to ld.so when the folder is not its user’s or root’s', async () => {
    const { files } = programs.places;
    chownSync(files, 65_534, 65_534);
    await programs.serve();
    expectHandOver(await runTable(), /others may write to the places/);
    chownSync(files, 0, 0);
  });
});

/** Whoever touches a file moves its ctime on, which the loader sees: each test has files of its own. */
describe('files at rest', () => {
  beforeEach(async ({ skip }) => {
    skip(whyNoPlaces !== undefined, whyNoPlaces);
    await bindTable();
  });
  afterAll(bindTable);

  /** Flips a bit in the middle of each chunk that is chosen. */
  function damage(resting: string, isChosen: (index: number, count: number) => boolean): void {
    const opened = openCompressedFile(resting);
    const { chunks } = opened.head;
    opened.close();
    const bytes = readFileSync(resting);
    chunks.forEach(({ offset, length }, index) => {
      const at = offset + (length >> 1);
      if (length > 0 && isChosen(index, chunks.length)) bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    });
    writeFileSync(resting, bytes, { flag: 'r+' });
  }

  const tableAtRest = (): string => {
    const found = restingFiles().find((name) => path.basename(name).startsWith('table'));
    if (found === undefined) throw new Error('no file has the table');
    return found;
  };
  /** What a server has looked at it shows with the times that it had then. */
  const lookAtAll = (): void => void execFileSync('ls', ['-l', path.join(programs.places.path, '0')]);

  test('replaced by others, as a store does: who runs goes on', async () => {
    await programs.serve();
    const table = await startTable();
    for (const from of restingFiles()) {
      copyFileSync(from, `${from}.newer`);
      rmSync(from);
    }
    expect(await table.ask(40)).toBe('right');
    dropCaches();
    for (const page of [0, 40, 41]) expect(await table.ask(page)).toBe('right');
    const late = await runTable();
    expect(late).toMatchObject({ stdout: 'right\n', status: 0 });
  });

  test('touched: handed over', async () => {
    await programs.serve();
    utimesSync(tableAtRest(), 1, 1);
    expectHandOver(await runTable(), /a file of the store is not as at bind/);
  });

  test('damaged below who runs: an error of the page, and a line names file and chunk', async () => {
    const server = await programs.serve();
    const table = await startTable();
    damage(tableAtRest(), (index) => index > 0);
    const answers: (string | undefined)[] = [];
    for (let page = 1; page < 64; page++) answers.push(await table.ask(page));
    expect(answers).toContain('lost');
    expect(answers.filter((answer) => answer !== 'lost' && answer !== 'right')).toEqual([]);
    await expect.poll(() => server.log.join('\n')).toMatch(/\/table[^\n]*: chunk \d+ at \d+ is damaged/);
  });

  test('damaged, any of them: no start goes wrong', async () => {
    const ends: string[] = [];
    for (const which of restingFiles().keys()) {
      await bindTable();
      const server = await programs.serve();
      lookAtAll();
      const name = restingFiles()[which] ?? '';
      damage(name, () => true);
      const outcome = await runTable();
      if (outcome.signal === null) expect(outcome).toMatchObject({ stdout: 'right\n', status: 0 });
      // The C library may need a page before the program is there to say so.
      else expect(outcome).toMatchObject({ stdout: '', signal: 'SIGBUS' });
      ends.push(outcome.signal ?? outcome.stderr);
      await expect.poll(() => server.log.join('\n')).toContain(`${name}: chunk`);
    }
    expect(ends).toContain('SIGBUS');
  });

  test('damaged before the start in the list of words: handed over, and a line names it', async () => {
    const server = await programs.serve();
    const name = tableAtRest();
    damage(name, (index, count) => index === count - 1);
    expectHandOver(await runTable(), /a file of the store is not as at bind/);
    await expect.poll(() => server.log.join('\n')).toContain(`${name}: chunk`);
  });

  test('damaged, but of others: nothing to us', async () => {
    const stranger = path.join(programs.places.files, 'stranger');
    copyFileSync(tableAtRest(), stranger);
    damage(stranger, (index, count) => index === count - 1);
    await programs.serve();
    expectPlace(await runTable());
  });
});

describe('places that no server of ours shows', () => {
  const rootOfPlaces = (): string => programs.places.path;
  const slide = (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return bytes;
  };
  let beacon: Beacon;
  afterEach(() => beacon.close());
  /** As a server's that lives. */
  function light(): void {
    beacon = createBeacon(rootOfPlaces());
    createSigns(beacon.file)();
    beacon.show();
  }
  beforeEach(() => {
    light();
    rmSync(rootOfPlaces(), { recursive: true, force: true });
    mkdirSync(path.join(rootOfPlaces(), '0'), { recursive: true, mode: 0o755 });
    writeFileSync(path.join(rootOfPlaces(), '0', 'slide'), slide(BigInt(slideUnit)));
  });
  const first = (): string => path.join(rootOfPlaces(), '0');
  const chmod = (mode: string, of: string) => execFileSync('chmod', [mode, of]);

  /** A server's that lives, but for its lock. */
  function lightAt(second: bigint): void {
    beacon.close();
    beacon = createBeacon(rootOfPlaces());
    lockRange(beacon.file, { start: second * BigInt(serving.second), length: BigInt(process.pid) });
    beacon.show();
  }
  const now = (): bigint => process.hrtime.bigint() / 1_000_000_000n;

  test.each<[string, () => void, RegExp]>([
    [
      'a server that was silent for some time',
      () => lightAt(now() - BigInt(serving.patience) - 1n),
      /who serves the places gives no sign of life/,
    ],
    [
      'a server of another clock',
      () => lightAt(now() + 1000n),
      /who serves the places gives no sign of life/,
    ],
    [
      'a beacon of another user',
      () => chownSync(beaconPath(rootOfPlaces()), 65_534, 65_534),
      /others may write to the lock/,
    ],
    [
      'a beacon that all may write to',
      () => chmod('o+w', beaconPath(rootOfPlaces())),
      /others may write to the lock/,
    ],
    ['no beacon', () => rmSync(beaconPath(rootOfPlaces())), /nobody serves the places/],
    ['no places', () => rmSync(rootOfPlaces(), { recursive: true }), /there are no places/],
    [
      'nobody who serves',
      () => {
        beacon.close();
        beacon = createBeacon(rootOfPlaces());
      },
      /who served the places is gone/,
    ],
    [
      'no place',
      () => rmSync(first(), { recursive: true }),
      /nobody serves the places|who served the places is gone/,
    ],
    ['places that all may write to', () => chmod('o+w', rootOfPlaces()), /others may write to the places/],
    [
      'places that a group may write to',
      () => chmod('g+w', rootOfPlaces()),
      /others may write to the places/,
    ],
    ['a place that all may write to', () => chmod('o+w', first()), /others may write to the place\b/],
    ['no slide', () => rmSync(path.join(first(), 'slide')), /the place says no slide/],
    ['a short slide', () => writeFileSync(path.join(first(), 'slide'), '1234567'), /says no slide/],
    ['an odd slide', () => writeFileSync(path.join(first(), 'slide'), slide(4096n)), /says no slide/],
    [
      'a folder as slide',
      () => {
        rmSync(path.join(first(), 'slide'));
        mkdirSync(path.join(first(), 'slide'));
      },
      /says no slide/,
    ],
    [
      'a slide out of the address space',
      () => writeFileSync(path.join(first(), 'slide'), slide(2n ** 63n)),
      /no room|nobody serves/,
    ],
    ['no files', () => undefined, /a file of the store is not as at bind/],
  ])('%s: handed over', async (_, arrange, why) => {
    arrange();
    expectHandOver(await runTable(), why);
  });
});
