/** `linkonce store update`: what changed, what is done about it, and what runs meanwhile. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentDigest } from '../../src/util/content-digest.ts';
import { patchLauncher } from '../../src/image/launcher-file.ts';
import { planOffset } from '../../src/image/plan-layout.ts';
import { decodePlan, encodeIdentities, sealPlan } from '../../src/image/plan.ts';
import { reasons } from '../../src/image/reasons.ts';
import { fileIdentity } from '../../src/program/file-identity.ts';
import { encodeCatalogue, requireCatalogue } from '../../src/store/catalogue.ts';
import { linkonce } from '../cli/linkonce.ts';
import { compileLibrary } from '../contract/workplace.ts';
import { runProgram } from '../run-program.ts';
import {
  createPlace,
  placeAt,
  expectSound,
  fromStore,
  inBin,
  throughLinker,
  well,
  type Place,
} from './place.ts';

const said = 'library from second\n';

/** Two programs of one library, and one that does not know it. */
let place: Place;
let library: string;
beforeEach(async () => {
  place = createPlace('search-path', 'copy-input');
  library = place.program('second/liborder.so');
  copyFileSync(place.program('search-path'), place.program('also-order'));
  await well(place.command('add', ...['search-path', 'also-order', 'copy-input'].map(place.program)));
});
afterEach(() => place.remove());

const update = () => well(place.command('update'));

/** Inodes of the files of a program in the store: a new file has a new one. */
function filesOf(program: string): Record<string, bigint> {
  const files = path.join(place.store, 'files');
  const own = readdirSync(files).filter(
    (name) => name.startsWith(`${program}.`) || name.startsWith(`${program}-`),
  );
  const launcher = statSync(path.join(place.store, 'bin', program), { bigint: true }).ino;
  return {
    ...Object.fromEntries(own.map((name) => [name, statSync(path.join(files, name), { bigint: true }).ino])),
    launcher,
  };
}

function replaceByEqual(file: string): void {
  copyFileSync(file, `${file}.new`);
  renameSync(`${file}.new`, file);
}

function changeLibrary(who: string, file = library): void {
  compileLibrary(`${file}.new`, who);
  renameSync(`${file}.new`, file);
}

test('nothing changed: nothing is done', async () => {
  const before = readdirSync(place.store, { recursive: true });
  expect(await update()).toMatch(/^everything is up to date\n[\d.]+ s\n$/);
  expect(readdirSync(place.store, { recursive: true })).toEqual(before);
});

test('a library replaced by an equal file: only identities change', async () => {
  replaceByEqual(library);
  await throughLinker(place.run('search-path'), said);
  const records = readdirSync(path.join(place.store, 'files')).filter((name) => name.endsWith('.record'));
  const untouched = filesOf('copy-input');
  expect(await update()).toMatch(
    /^only their files' identities changed: also-order, search-path\n[\d.]+ s\n$/,
  );
  const after = readdirSync(path.join(place.store, 'files'));
  expect(after.filter((name) => name.endsWith('.record'))).toEqual(records);
  expect(filesOf('copy-input')).toEqual(untouched);
  for (const name of ['search-path', 'also-order']) await fromStore(place.run(name), said);
  await expectSound(place);
});

test('a library with other content: only its programs are captured again', async () => {
  const untouched = filesOf('copy-input');
  changeLibrary('thirds');
  await throughLinker(place.run('search-path'), 'library from thirds\n');
  expect((await update()).split('\n').slice(0, 3)).toEqual([
    `changed: ${library}`,
    `bound again: also-order (${library} changed)`,
    `bound again: search-path (${library} changed)`,
  ]);
  expect(filesOf('copy-input')).toEqual(untouched);
  for (const name of ['search-path', 'also-order']) await fromStore(place.run(name), 'library from thirds\n');
  await expectSound(place);
});

test('a library that appears earlier in the search path', async () => {
  mkdirSync(place.program('first'), { recursive: true });
  changeLibrary('first', place.program('first/liborder.so'));
  await throughLinker(place.run('search-path'), 'library from first\n');
  const text = await update();
  expect(text).toMatch(/^bound again: search-path \(it now uses .*first\/liborder\.so\)$/m);
  expect(text).not.toContain('copy-input');
  await fromStore(place.run('search-path'), 'library from first\n');
  await expectSound(place);
  rmSync(place.program('first/liborder.so'));
  await throughLinker(place.run('search-path'), said);
  expect(await update()).toMatch(/^bound again: search-path \(.*first\/liborder\.so changed\)$/m);
  await fromStore(place.run('search-path'), said);
});

test('a program that is no longer there leaves the store', async () => {
  rmSync(place.program('also-order'));
  expect(await update()).toMatch(/^no longer there: also-order$/m);
  expect(inBin(place)).toEqual(['copy-input', 'search-path']);
  await fromStore(place.run('search-path'), said);
  await expectSound(place);
});

test('a program that is replaced by another one', async () => {
  replaceByEqual(place.program('copy-input'));
  cpSync(place.program('search-path'), place.program('copy-input'));
  await throughLinker(place.run('copy-input'), said);
  expect(await update()).toMatch(/^bound again: copy-input/m);
  await fromStore(place.run('copy-input'), said);
  await expectSound(place);
});

test('a program that cannot be bound now runs through ld.so, and is bound once it can be', async () => {
  rmSync(library);
  const { status, stdout, stderr } = await place.command('update');
  expect({ status, stdout }).toEqual({
    status: 1,
    stdout: expect.not.stringContaining('bound again') as string,
  });
  expect(stderr).toMatch(/^(linkonce: [^\n]+ needs liborder\.so, which is not found\n){2}$/);
  expect(inBin(place)).toContain('search-path');
  expect((await place.run('copy-input', { input: 'a line\n' })).stdout).toBe('a line\n');
  expect(await well(place.command('list'))).toMatch(/search-path .* through ld\.so: /m);
  expect(await well(place.command('verify'))).toMatch(/^stale, runs through ld\.so: search-path$/m);
  expect(await well(place.command('reslide'))).toBe('1 programs at new addresses\n');
  const copy = placeAt(place.folder, path.join(place.folder, 'copy'));
  expect(await well(place.command('export', copy.store))).toMatch(/: 1 programs\n$/);
  await expectSound(copy);
  changeLibrary('second');
  await throughLinker(place.run('search-path'), said);
  expect(await update()).toMatch(/^bound again: also-order.*\nbound again: search-path/m);
  await fromStore(place.run('search-path'), said);
  await expectSound(place);
});

test('adding a program brings the others up to date', async () => {
  changeLibrary('fourth');
  await well(place.command('add', place.program('copy-input')));
  await fromStore(place.run('search-path'), 'library from fourth\n');
  await expectSound(place);
});

test('a library that is changed back before the update', async () => {
  const kept = `${library}.kept`;
  copyFileSync(library, kept);
  changeLibrary('thirds');
  await throughLinker(place.run('search-path'), 'library from thirds\n');
  renameSync(kept, library);
  expect(await update()).toMatch(/^only their files' identities changed/m);
  await fromStore(place.run('search-path'), said);
  await expectSound(place);
});

/** Writes over a program's image and launcher, as if this file had been another one when they were made. */
function forgetIdentity(program: string, forgotten: string): void {
  const { image, launcher } = requireCatalogue(place.store).programs.find(({ name }) => name === program)!;
  const [imagePath, launcherPath] = [image, launcher].map((name) => path.join(place.store, 'files', name));
  const bytes = readFileSync(imagePath!);
  const planBytes = bytes.subarray(planOffset);
  const plan = decodePlan(planBytes, imagePath!);
  encodeIdentities(planBytes, plan, (file) => {
    const identity = fileIdentity(file);
    return file === forgotten ? { ...identity, inode: identity.inode + 1n } : identity;
  });
  const checksum = sealPlan(planBytes, plan);
  writeFileSync(imagePath!, bytes);
  writeFileSync(
    launcherPath!,
    patchLauncher(readFileSync(launcherPath!), {
      checksum,
      digest: contentDigest(bytes),
      imagePath: imagePath!,
      identity: fileIdentity(imagePath!),
    }),
  );
}

test('another ld.so.cache that says the same: programs run from the store, and an update names it', async () => {
  forgetIdentity('copy-input', '/etc/ld.so.cache');
  const before = await place.run('copy-input', { input: '' });
  expect(before.stderr).toBe('0 lines, end of file 1\n');
  expect(await update()).toMatch(/^only their files' identities changed: copy-input\n/);
  const { stderr } = await place.run('copy-input', { input: '' });
  expect(stderr).toBe('0 lines, end of file 1\n');
  await expectSound(place);
});

test('another loader: everything is bound again, and is stale before', async () => {
  const file = path.join(place.store, 'current', 'catalogue');
  const catalogue = requireCatalogue(place.store);
  writeFileSync(file, encodeCatalogue({ ...catalogue, loader: 'another' }));
  expect(await well(place.command('verify'))).toMatch(/^stale, runs through ld\.so: search-path$/m);
  await fromStore(place.run('search-path'), said);
  expect(await update()).toMatch(/^(bound again: [\w-]+ \(linkonce itself changed\)\n){3}/);
  await fromStore(place.run('search-path'), said);
  await expectSound(place);
});

test('a search path that leads through a plain file', async () => {
  const program = place.program('first-is-a-file');
  copyFileSync(place.program('search-path'), program);
  rmSync(place.program('first'), { recursive: true, force: true });
  writeFileSync(place.program('first'), '');
  await well(place.command('add', program));
  for (const name of ['list', 'verify', 'update', 'reslide']) await well(place.command(name));
  await fromStore(place.run('first-is-a-file'), said);
  await expectSound(place);
});

test('a module that appears in the search path, and answers to nobody', async () => {
  const bytes = readFileSync(place.program('search-path'));
  mkdirSync(place.program('first'), { recursive: true });
  writeFileSync(place.program('first/liborder.so'), bytes.subarray(0, 4));
  const stock = await runProgram(place.program('search-path'), []);
  expect((await place.command('update')).status).toBe(1);
  expect(await place.run('search-path')).toMatchObject({ stdout: stock.stdout, status: stock.status });
  rmSync(place.program('first'), { recursive: true });
  await update();
  await fromStore(place.run('search-path'), said);
});

test('a program that could not be bound with a changed library is not taken for unchanged later', async () => {
  const extra = place.program('libextra.so');
  const compile = (source: string, ...args: readonly string[]) =>
    execFileSync('cc', ['-x', 'c', '-', '-x', 'none', ...args], { input: source });
  compile('int extra(void) { return 0; }', '-shared', '-fPIC', '-o', extra);
  const source = `
    #include <stdio.h>
    int extra(void);
    const char *order(void);
    int main(void) { printf("library from %s\\n", order()); return extra(); }`;
  const paths = '-Wl,-rpath,$ORIGIN:$ORIGIN/second';
  compile(source, extra, library, paths, '-o', place.program('both'));
  await well(place.command('add', place.program('both')));
  renameSync(extra, `${extra}.away`);
  changeLibrary('thirds');
  expect((await place.command('update')).stderr).toMatch(/^linkonce: [^\n]+libextra\.so[^\n]+\n$/);
  await fromStore(place.run('search-path'), 'library from thirds\n');
  renameSync(`${extra}.away`, extra);
  await throughLinker(place.run('both'), 'library from thirds\n');
  expect(await update()).toMatch(/^bound again: both/m);
  await fromStore(place.run('both'), 'library from thirds\n');
  await expectSound(place);
});

test('add: a program that cannot be bound again stays, and runs through ld.so', async () => {
  const kept = `${library}.kept`;
  renameSync(library, kept);
  const { status } = await place.command('add', place.program('search-path'));
  expect({ status, bin: inBin(place) }).toEqual({
    status: 1,
    bin: ['also-order', 'copy-input', 'search-path'],
  });
  renameSync(kept, library);
  await update();
  await fromStore(place.run('search-path'), said);
  await expectSound(place);
});

/** The launcher of a program in `bin`; the image is damaged, or mended, in place. */
function flipImage(): void {
  const [image = ''] = readdirSync(path.join(place.store, 'files')).filter((name) =>
    name.startsWith('copy-input.image'),
  );
  const file = path.join(place.store, 'files', image);
  const bytes = readFileSync(file);
  const at = planOffset + 100;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  writeFileSync(file, bytes, { flag: 'r+' });
}

/** The store, as if its last update had bound copy-input again for `unmended`, and that had not helped. */
function remember(unmended: string): void {
  const catalogue = requireCatalogue(place.store);
  const programs = catalogue.programs.map((each) =>
    each.name === 'copy-input' ? { ...each, unmended } : each,
  );
  writeFileSync(path.join(place.store, 'current', 'catalogue'), encodeCatalogue({ ...catalogue, programs }));
}

const unmended = () =>
  requireCatalogue(place.store).programs.find(({ name }) => name === 'copy-input')?.unmended;

test('what binding did not mend is not bound in vain again, until it is another reason or none', async () => {
  flipImage();
  remember(reasons.imageDamaged.text);
  const before = filesOf('copy-input');
  const text = await update();
  expect(text).toMatch(/^everything is up to date$/m);
  expect(text).toMatch(/^copy-input: for this user it runs through ld\.so here: the image is damaged/m);
  expect(filesOf('copy-input')).toEqual(before);
  flipImage();
  expect(await update()).toMatch(/^everything is up to date\n[\d.]+ s\n$/);
  expect(unmended()).toBeUndefined();
  flipImage();
  remember(reasons.vdso.text);
  expect(await update()).toMatch(
    /^bound again: copy-input \(the image is damaged, or another one than at bind\)$/m,
  );
  expect(unmended()).toBeUndefined();
  await expectSound(place);
});

test('what only a person mends binds nothing, and is said', async () => {
  const [image = ''] = Object.keys(filesOf('copy-input')).filter((name) =>
    name.startsWith('copy-input.image'),
  );
  const file = path.join(place.store, 'files', image);
  chmodSync(file, 0o664);
  const before = filesOf('copy-input');
  expect(await update()).toMatch(
    /^everything is up to date\n[\d.]+ s\ncopy-input: .*others may write to the image; to do: /,
  );
  expect(filesOf('copy-input')).toEqual(before);
  chmodSync(file, 0o644);
  expect(await update()).toMatch(/^everything is up to date\n[\d.]+ s\n$/);
});

test('a variable of the linker, which the store knows nothing of, hides no change', async () => {
  changeLibrary('thirds');
  const { stdout } = await linkonce(['store', 'update', '--store', place.store], {
    env: { ...process.env, MALLOC_ARENA_MAX: '2' },
  });
  expect(stdout).toMatch(/^bound again: search-path /m);
  await fromStore(place.run('search-path'), 'library from thirds\n');
});
