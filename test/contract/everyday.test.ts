/** Everyday programs, three invocations each, behave under every system as under the platform's linker. */
import { mkdtempSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { bindSubject, openProgram } from '../../src/pipeline.ts';
import { withPlaces } from '../../src/pagein/with-places.ts';
import { systems } from '../../src/systems/registry.ts';
import { reasonToHandOver } from './workplace.ts';
import { runProgram, type Outcome, type RunSettings } from '../run-program.ts';
import { casesOf } from '../extent.ts';
import { stockRun } from '../stock-run.ts';

interface Everyday {
  readonly name: string;
  readonly runs: readonly (readonly string[])[];
}

/** With plug-ins that a program opens where it has some: perl's XS, python's extension modules. */
const everyday: readonly Everyday[] = [
  { name: 'git', runs: [['--version'], ['rev-parse', '--git-dir'], ['no-such-command']] },
  {
    name: 'perl',
    runs: [
      ['-v'],
      ['-MPOSIX', '-MList::Util=sum', '-MEncode', '-e', 'print floor(sum(1..10)/3), encode("UTF-16LE", "x")'],
      ['-e', 'die "no\n"'],
    ],
  },
  {
    name: 'python3',
    runs: [
      ['--version'],
      [
        '-c',
        'import ctypes, decimal, hashlib, json, sys; print(json.dumps(sys.argv), ctypes.CDLL(None).abs(-3))',
        'x',
      ],
      [
        '-c',
        'import threading; t = threading.Thread(target=print, args=("thread",)); t.start(); t.join(); exit(3)',
      ],
    ],
  },
  {
    name: 'bash',
    runs: [['--version'], ['-c', 'echo $((6 * 7)) | (read x; echo "<$x>"); exit 5'], ['--no-such']],
  },
  {
    name: 'sqlite3',
    runs: [['--version'], [':memory:', 'select sum(value) from generate_series(1, 9)'], ['--no']],
  },
  { name: 'openssl', runs: [['version'], ['dgst', '-sha256', '/etc/hostname'], ['no-such']] },
  {
    name: 'gpg',
    runs: [['--version'], ['--list-keys', '--no-such'], ['--print-md', 'SHA256', '/etc/hostname']],
  },
  { name: 'curl', runs: [['--version'], ['-s', 'file:///etc/hostname'], ['-s', 'http://127.0.0.1:1/']] },
  { name: 'gdb', runs: [['--version'], ['-batch', '-ex', 'print 6*7'], ['--no-such']] },
  { name: 'vim', runs: [['--version'], ['-es', '-u', 'NONE', '-c', 'q'], ['--no-such']] },
  { name: 'tmux', runs: [['-V'], ['-L', 'linkonce-none', 'list-sessions'], ['--no-such']] },
  { name: 'cmake', runs: [['--version'], ['-E', 'echo', 'hello'], ['--no-such']] },
  {
    name: 'node',
    runs: [['--version'], ['-e', 'console.log(process.execPath, 6 * 7)'], ['-e', 'process.exit(4)']],
  },
  { name: 'ffmpeg', runs: [['-version'], ['-hide_banner', '-formats'], ['-no-such']] },
  { name: 'gdalinfo', runs: [['--version'], ['--formats'], ['/no/such/file']] },
  { name: 'java', runs: [['-version'], ['--no-such'], ['NoSuchClass']] },
  // Finds its home by /proc/self/exe.
  {
    name: '/usr/lib/libreoffice/program/soffice.bin',
    runs: [['--version'], ['--help'], ['--headless', '--terminate_after_init']],
  },
];

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-everyday-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const searchPath = '/usr/local/bin:/usr/bin:/bin';
const findInPath = (name: string): string | undefined =>
  searchPath
    .split(':')
    .map((each) => path.resolve(each, name))
    .find((file) => existsSync(file));
const environment = { PATH: searchPath, HOME: folder, LANG: 'C.UTF-8', LINKONCE_DEBUG: '1' };

for (const { name, runs } of casesOf(everyday, 3))
  describe(name, () => {
    /** Captured once for all systems. */
    let subject: ReturnType<typeof openProgram> | undefined;
    afterAll(() => (subject = undefined));
    for (const system of systems)
      test(system.id, async ({ skip }) => {
        const file = findInPath(name) ?? skip(`${name} is not installed`);
        subject ??= openProgram(file, () => undefined);
        const output = path.join(folder, `${path.basename(name)}.${system.id}`);
        const settings = { system, variant: system.variants[0]!.id, output, asInterpreter: false };
        const image = await bindSubject(subject, settings);
        const reason = reasonToHandOver(image);
        if (reason !== undefined) skip(reason);
        await withPlaces([image], async () => {
          for (const args of runs) await compare(file, image, args);
        });
      });
  });

async function compare(file: string, image: Image, args: readonly string[]): Promise<void> {
  const settings = { env: { ...environment, ...image.environment }, cwd: '/' };
  const stock = await settledRun(file, args, settings);
  expect(await runProgram(image.file, args, settings)).toEqual(stock);
}

/** The very first run may create files, and say so. */
async function settledRun(file: string, args: readonly string[], settings: RunSettings): Promise<Outcome> {
  await stockRun(file, args, { ...settings, input: '' });
  return stockRun(file, args, settings);
}
