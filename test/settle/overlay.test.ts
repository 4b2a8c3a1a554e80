/**
 * As containers see it: each start mounts the layers anew, so that every file has another device number, and has a /run of its own. A store
 * with several programs, and modules that a program opens.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindForm, openingSubject } from '../contract/opened.ts';
import { handedOver } from '../contract/workplace.ts';
import { buildPrograms, testProgram } from '../programs/build.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { createPlace, debugging, well, type Place } from '../store/place.ts';
import { ownMounts, settler, whyNoMounts } from './settled-place.ts';

/** A new mount of a folder, as the top of an overlay; `lower` alone makes it read-only as a whole. */
const overlay = (kind: 'writable' | 'lower'): string => `
  mount -t tmpfs none /run
  mkdir /run/upper /run/work /run/empty
  case ${kind} in
    writable) options=upperdir=/run/upper,workdir=/run/work,lowerdir=$folder ;;
    lower) options=lowerdir=$folder:/run/empty ;;
  esac
  mount -t overlay -o "$options" none "$folder"
  cd "$folder"`;

/** Runs a script of sh in a container of its own; `$folder` is the layer, `$settle` linkonce-settle. */
function contain(folder: string, kind: 'writable' | 'lower', script: string): Promise<Outcome> {
  const all = `set -e; folder=$1; settle=$2; ${overlay(kind)}\n${script}`;
  const [file, ...args] = [...ownMounts, 'sh', '-c', all, 'sh', folder, settler];
  return runProgram(file, args, { env: debugging });
}

const cannot = whyNoMounts ?? whyNoOverlay();

function whyNoOverlay(): string | undefined {
  const [file, ...args] = [...ownMounts, 'sh', '-ec', `folder=/opt; ${overlay('writable')}`];
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no overlay can be mounted';
  }
}

describe.skipIf(cannot)('a store in a layer', () => {
  let place: Place;
  const names = ['search-path', 'copy-input', 'signals'];

  beforeAll(async () => {
    place = createPlace(...names);
    chmodSync(place.folder, 0o755);
    await well(place.command('add', ...names.map((name) => place.program(name))));
  });
  afterAll(() => {
    place.remove();
  });

  const startAll = names.map((name) => `store/bin/${name} </dev/null`).join('\n');

  test('before it is settled each program is handed over; afterwards each starts from its image', async () => {
    const usual = await Promise.all(names.map((name) => runProgram(place.program(name), [])));
    const output = usual.map(({ stdout }) => stdout).join('');
    const before = await contain(place.folder, 'writable', startAll);
    expect(before.stdout).toBe(output);
    expect(before.stderr.match(new RegExp(handedOver, 'gm'))).toHaveLength(names.length);
    const after = await contain(place.folder, 'writable', `$settle "$folder/store"\n${startAll}`);
    expect(after).toMatchObject({ stdout: output, status: 0 });
    expect(after.stderr).not.toMatch(handedOver);
  });

  test('several containers at once, each settled by itself', async () => {
    const script = `$settle "$folder/store"\nstore/bin/search-path`;
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, () => contain(place.folder, 'writable', script)),
    );
    for (const { stderr, status } of outcomes) expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  });

  test('what was settled of one mount is nothing of another one', async () => {
    const again = `mkdir /run/upper2 /run/work2
      mount -t overlay -o "lowerdir=$folder,upperdir=/run/upper2,workdir=/run/work2" none "$folder"; cd "$folder"`;
    const script = `$settle "$folder/store"; store/bin/search-path; echo; ${again}; store/bin/search-path`;
    const { stdout, stderr, status } = await contain(place.folder, 'writable', script);
    const [first, second] = stdout.split('\n\n');
    expect({ status, second }).toEqual({ status: 0, second: `${first!}\n` });
    expect(stderr.match(new RegExp(handedOver, 'gm'))).toHaveLength(1);
  });

  test('a layer that changed: the programs of the changed library are handed over, the others are not', async () => {
    const script = `cp programs/second/liborder.so x; printf x >>x; mv x programs/second/liborder.so
      $settle "$folder/store" || echo not all
      ${startAll}`;
    const outcome = await contain(place.folder, 'writable', script);
    expect(outcome.stdout).toMatch(/^not all\n/);
    expect(outcome.stderr).toMatch(/^linkonce-settle: .*liborder\.so: has other content than at bind$/m);
    expect(outcome.stderr.match(new RegExp(handedOver, 'gm'))).toHaveLength(1);
  });

  test('a file system that is read-only as a whole tells nothing by its times: said', async () => {
    const script = `$settle "$folder/store" || echo not settled\nstore/bin/search-path`;
    const outcome = await contain(place.folder, 'lower', script);
    expect(outcome.stdout).toMatch(/^not settled\n/);
    expect(outcome.stderr).toMatch(/is on a file system that is read-only as a whole/);
    expect(outcome.stderr).toMatch(handedOver);
  });

  test('a read-only mount of a writable one is served', async () => {
    const script = `mount -o remount,bind,ro "$folder"; $settle "$folder/store"\nstore/bin/search-path`;
    const { stderr, status } = await contain(place.folder, 'writable', script);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  });
});

test.skipIf(cannot)('modules that a program opens are prepared once settled', async () => {
  const name = 'opened-situations';
  buildPrograms([name]);
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-layer-'));
  chmodSync(folder, 0o755);
  cpSync(path.dirname(testProgram(name).path), folder, { recursive: true });
  const subject = openingSubject(path.join(folder, name), [path.join(folder, 'plug-in.so')]);
  await bindForm(subject, 'image:data', path.join(folder, 'launcher'));
  const seen = '/run/seen';
  const look = `MODULES_SEEN=${seen} ./launcher open:a:$folder/plug-in.so:l report:a; cat ${seen}`;
  const plugIn = /^.*plug-in.* (\d+) (\d+)$/m;
  const usual = await contain(folder, 'writable', look);
  expect(usual.stderr).toMatch(handedOver);
  expect(plugIn.exec(usual.stdout)?.[2]).toBe('0');
  const settled = await contain(folder, 'writable', `$settle ./launcher\n${look}`);
  expect(settled.stderr).not.toMatch(handedOver);
  expect(Number(plugIn.exec(settled.stdout)?.[2])).toBeGreaterThan(0);
  // A plug-in with other content is opened as ever, and nothing is said of it: the program itself starts from its image.
  const other = `cp plug-in.so x; printf x >>x; mv x plug-in.so; $settle ./launcher\n${look}`;
  const changed = await contain(folder, 'writable', other);
  expect(changed.stderr).not.toMatch(handedOver);
  expect(plugIn.exec(changed.stdout)?.[2]).toBe('0');
  rmSync(folder, { recursive: true });
});
