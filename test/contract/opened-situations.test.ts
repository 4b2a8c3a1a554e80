/**
 * What may happen to an opened module between bind and start, between start and dlopen, and between two calls of dlopen. The judge is
 * the platform's linker under the same circumstances; a prepared module that is not the very file any more is not used.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { casesOf, isForRelease } from '../extent.ts';
import { buildPrograms, environment, testProgram } from '../programs/build.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { bindForm, openingSubject } from './opened.ts';

const name = 'opened-situations';
const all = ['image:single', 'prelink:files', 'image:merged', 'image:partitions'];
const forms = isForRelease ? all : casesOf(all.slice(0, 2), 1);
const isRoot = process.geteuid?.() === 0;

/** A story of the driver: `@` is the program's folder, `%` a file of the image. */
interface Situation {
  /** Done before the program starts. */
  readonly arrange?: () => void;
  readonly story: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly needsRoot?: boolean;
}

const place = mkdtempSync(path.join(tmpdir(), 'linkonce-situations-'));
const folder = path.join(place, 'program');
const kept = path.join(place, 'kept');
const at = (...names: string[]): string => path.join(folder, ...names);

const open = ['open:a:@/plug-in.so:l', 'report:a'];
const again = ['close:a', ...open];
const bySoname = ['open:a:plug-in.so:l', 'report:a', 'information:a'];

/** By rename, as packages do it. */
const replace = (by: string, what: string) => (): void => {
  copyFileSync(at(by), at('coming'));
  renameSync(at('coming'), at(what));
};
/** The file keeps its inode, size and times, all but the ctime. */
const overwrite = (): void => {
  const { atime, mtime } = statSync(at('plug-in.so'));
  const bytes = readFileSync(at('renewed.so'));
  expect(bytes).toHaveLength(readFileSync(at('plug-in.so')).length);
  writeFileSync(at('plug-in.so'), bytes, { flag: 'r+' });
  utimesSync(at('plug-in.so'), atime, mtime);
};

const situations: Readonly<Record<string, Situation>> = {
  'nothing happens': { story: [...open, ...again, 'lists'] },
  'replaced before the start': { arrange: replace('longer.so', 'plug-in.so'), story: [...open, ...again] },
  'by one of the same size': { arrange: replace('renewed.so', 'plug-in.so'), story: [...open, ...again] },
  'overwritten before the start': { arrange: overwrite, story: [...open, ...again] },
  'touched before the start': {
    arrange: () => utimesSync(at('plug-in.so'), 1, 1),
    story: [...open, ...again],
  },
  'removed before the start': { arrange: () => rmSync(at('plug-in.so')), story: ['open:a:@/plug-in.so:l'] },
  'truncated before the start': {
    arrange: () => writeFileSync(at('plug-in.so'), readFileSync(at('plug-in.so')).subarray(0, 4000)),
    story: ['open:a:@/plug-in.so:l'],
  },
  'what it needs is replaced': {
    arrange: replace('other-needed.so', 'needed.so'),
    story: [...open, 'open:b:@/longer.so:l', 'report:b'],
  },
  'what it needs is removed': { arrange: () => rmSync(at('needed.so')), story: ['open:a:@/plug-in.so:l'] },
  'another comes first in the search path': {
    arrange: () => {
      replace('longer.so', 'first/plug-in.so')();
      replace('needed.so', 'first/needed.so')();
    },
    story: bySoname,
  },
  'the same file comes first in the search path': {
    arrange: () => ['plug-in.so', 'needed.so'].forEach((each) => linkSync(at(each), at('first', each))),
    story: bySoname,
  },
  'replaced between two opens': { story: [...open, 'close:a', 'rename:@/renewed.so:@/plug-in.so', ...open] },
  'replaced while it is open': {
    story: [
      ...open,
      'rename:@/renewed.so:@/plug-in.so',
      'open:b:@/plug-in.so:l',
      'same:a:b',
      'open:c:@/./plug-in.so:l',
      'report:c',
      'lists',
    ],
  },
  'overwritten between two opens': {
    story: [...open, 'close:a', 'overwrite:@/renewed.so:@/plug-in.so', ...open],
  },
  'what it needs is replaced between two opens': {
    story: [...open, 'close:a', 'rename:@/other-needed.so:@/needed.so', ...open, 'lists'],
  },
  'what it needs is replaced while that is open': {
    story: ['open:n:@/needed.so:l', 'rename:@/other-needed.so:@/needed.so', ...open, 'lists'],
  },
  'an unknown module is there before': {
    arrange: replace('other-needed.so', 'stranger.so'),
    story: ['open:s:@/stranger.so:lg', ...open, 'close:s', ...again],
  },
  'an unknown module comes between two opens': {
    arrange: replace('other-needed.so', 'stranger.so'),
    story: [
      ...open,
      'open:s:@/stranger.so:lg',
      'report:a',
      'close:a',
      ...open,
      'open:b:@/longer.so:n',
      'report:b',
    ],
  },
  'no descriptor is left': { story: ['descriptors', 'open:a:@/plug-in.so:l', 'descriptors:64', ...open] },
  'one descriptor is left': { story: ['descriptors:4', ...open, 'close:a', 'descriptors:64', ...open] },
  'no memory is left': { story: ['memory:none', 'open:a:@/plug-in.so:l', 'memory:all', ...open] },
  'system calls are filtered, by death': {
    story: ['filter:kill', ...open, ...again, 'open:b:@/longer.so:n', 'report:b'],
  },
  'system calls are filtered, by EPERM': { story: ['filter:EPERM', ...open, ...again] },
  'the image is removed after the start': { story: ['unlink:%', ...open, ...again] },
  'the image is another file after the start': { story: ['rename:@/junk:%', ...open, ...again] },
  'the image is removed between two opens': { story: [...open, 'unlink:%', ...again] },
  'in another root': {
    story: [
      'chroot:@/root',
      'open:a:/plug-in.so:l',
      'report:a',
      'close:a',
      'open:a:/longer.so:n',
      'report:a',
    ],
    needsRoot: true,
  },
  'by another user': { story: ['user:65534', ...open, ...again], needsRoot: true },
  'with LD_BIND_NOW': { story: [...open, ...again], env: { LD_BIND_NOW: '1' } },
  'with LD_LIBRARY_PATH': { story: bySoname, env: { LD_LIBRARY_PATH: at('root') } },
};

beforeAll(() => {
  buildPrograms([name]);
  cpSync(path.dirname(testProgram(name).path), kept, { recursive: true });
  mkdirSync(path.join(kept, 'first'));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** All files anew; hard links before anything is bound, since they change the ctime. */
function prepare(): void {
  rmSync(folder, { recursive: true, force: true });
  cpSync(kept, folder, { recursive: true });
  execFileSync('chmod', ['-R', 'go+rX', place]);
  mkdirSync(at('root'));
  for (const each of ['plug-in.so', 'needed.so', 'longer.so']) linkSync(at(each), at('root', each));
}

describe.each(forms)('%s', (form) => {
  let image: Image;
  beforeEach(async () => {
    prepare();
    const plugins = ['plug-in.so', 'longer.so'].map((each) => at(each));
    image = await bindForm(openingSubject(at(name), plugins), form, path.join(place, 'bound'));
    image.files.forEach((file, index) => writeFileSync(at(`junk-${String(index)}`), sameSize(file)));
  });
  afterEach(() => image.files.forEach((file) => rmSync(file, { force: true })));

  for (const [title, situation] of Object.entries(situations))
    test(title, async ({ skip }) => {
      if (situation.needsRoot && !isRoot) skip('only root can do that');
      const files = image.files.filter((file) => file !== image.file);
      const own = await run(image.file, situation, files);
      prepare();
      files.forEach((file, index) =>
        [file, at(`junk-${String(index)}`)].forEach((each) => writeFileSync(each, '')),
      );
      expect(own).toEqual(await run(at(name), situation, files));
    });

  test('its range is taken', async () => {
    const [first] = await addresses(image);
    const [second] = await addresses(image);
    // Where it was put at random there is no range to take.
    if (form.startsWith('image') && first !== second) expect(second).not.toBe(first);
    const story = [`take:${first!}:1000`, ...open, ...again, 'open:b:@/longer.so:n', 'report:b'];
    expect(await run(image.file, { story }, [])).toEqual(await run(at(name), { story }, []));
  });
});

const sameSize = (file: string): Buffer => Buffer.alloc(statSync(file).size);

async function addresses({ file }: Image): Promise<readonly string[]> {
  const { stdout } = await run(file, { story: [...open, 'where:a'] }, []);
  const found = [...stdout.matchAll(/^at 0x([0-9a-f]+)$/gm)].map(([, address = '']) => address);
  expect(found).toHaveLength(1);
  return found;
}

/** `%` in a story stands for each of these files in turn: a step for each. */
function run(file: string, { arrange, story, env }: Situation, files: readonly string[]): Promise<Outcome> {
  arrange?.();
  const steps = story.flatMap((step) =>
    step.includes('%')
      ? files.map((each, index) => step.replace('%', each).replace('junk', `junk-${String(index)}`))
      : [step],
  );
  const args = steps.map((step) => step.replaceAll('@', folder));
  return runProgram(file, args, { env: { ...environment, ...env } });
}
