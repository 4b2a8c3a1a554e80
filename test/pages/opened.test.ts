/** Modules that a process of an image has opened: which are prepared, which of their pages are private and why; and why others are not. */
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readOpenedTable } from '../../src/image/read-opened.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { explainPages } from '../../src/pages/explain-pages.ts';
import type { OpenedPages, PagesReport } from '../../src/pages/pages.ts';
import { present } from '../../src/util/present.ts';
import { testSubject } from '../bind/subjects.ts';
import { bindForm } from '../contract/opened.ts';
import { linkonce } from '../cli/linkonce.ts';
import { compile, directory, privatePagesByKernel, startWaiting, writeBack } from './waiting-process.ts';

const library = ['-shared', '-fPIC'];
const opener = compile('opener.c', 'opener');
const plugIn = compile('plug-in.c', 'plug-in.so', library);
const unknown = compile('plug-in.c', 'unknown.so', library);
const replaced = compile('plug-in.c', 'replaced.so', library);
const dependency = compile('plug-in.c', 'libdependency.so', [...library, '-Wl,-soname,libdependency.so']);
const root = compile('plug-in.c', 'root.so', [
  ...[...library, '-DNEEDS', `-L${directory}`, '-Wl,--no-as-needed', '-ldependency'],
  `-Wl,-rpath,${directory}`,
]);
const unprepared = compile('plug-in.c', 'unprepared.so', [
  '-shared',
  '-fno-pic',
  '-mcmodel=large',
  '-Wl,-z,notext',
]);

const bound = path.join(directory, 'bound');
const unlearned = path.join(directory, 'unlearned');
const known = [plugIn, replaced, dependency, root, unprepared];

beforeAll(async () => {
  mkdirSync(path.join(directory, 'coming'));
  await bindForm(testSubject(opener, known), 'image:single', bound);
  await bindForm(testSubject(opener), 'prelink:files', unlearned);
  writeBack(`${bound}.image`);
});

async function pagesOf(launcher: string, ...words: readonly string[]): Promise<PagesReport> {
  return explainPages((await startWaiting(launcher, words)).pid);
}

function moduleOf({ opened }: PagesReport, file: string): OpenedPages {
  return present(
    opened.find(({ name }) => name === file),
    file,
  );
}

async function reasonOf(file: string, ...words: readonly string[]): Promise<string | undefined> {
  const { prepared, reason } = moduleOf(await pagesOf(bound, ...words), file);
  expect(prepared).toBe(reason === undefined);
  return reason;
}

/** By rename, as packages do it. */
function replace(file: string): void {
  const coming = path.join(directory, 'coming', path.basename(file));
  copyFileSync(file, coming);
  renameSync(coming, file);
}

describe('a prepared module', () => {
  let pid = 0;
  let report: PagesReport;
  beforeAll(async () => {
    pid = (await startWaiting(bound, [plugIn])).pid;
    report = explainPages(pid);
  });

  test('is said to be prepared', () => {
    expect(report.opened.map(({ name, prepared }) => [name, prepared])).toEqual([[plugIn, true]]);
  });

  test('has as many private pages as the kernel counts in the process', () => {
    expect(report.privatePages).toBe(privatePagesByKernel(pid));
  });

  test('has two pages of the linker at most; the others are those that the module wrote', () => {
    const own = report.mappings.filter(({ why }) => why.some(({ module }) => module === plugIn));
    expect(own.every(({ area }) => area === 'prepared')).toBe(true);
    const why = own.flatMap((mapping) => mapping.why);
    const count = (kind: string): number =>
      why.filter(({ reason }) => reason.includes(kind)).reduce((sum, { pages }) => sum + pages, 0);
    expect(count('linker')).toBeGreaterThan(0);
    expect(count('linker')).toBeLessThanOrEqual(2);
    // One of data, one with the changed pointer.
    expect(count('program')).toBe(2);
    // And two of zero memory.
    expect(moduleOf(report, plugIn).private).toBe(why.reduce((sum, { pages }) => sum + pages, 0) + 2);
    const words = why.flatMap((each) => Object.entries(each.words));
    const total = (kind: string): number =>
      words.filter(([name]) => name === kind).reduce((sum, [, number]) => sum + number, 0);
    // The data, the changed pointer.
    expect(total('program')).toBe(2);
    // `table`, `data` and `needed`, which several of the modules define.
    expect(total('relocated')).toBe(2);
    expect(total('first call')).toBe(1);
    expect(total("linker's own")).toBeGreaterThan(0);
  });
});

describe('why a module is not prepared', () => {
  test('nobody knew it at bind', async () => {
    expect(await reasonOf(unknown, plugIn, unknown)).toBe('it was not known at bind');
  });

  test('nobody knew a module that was opened before it', async () => {
    expect(await reasonOf(plugIn, unknown, plugIn)).toBe(
      `${unknown}, which is not prepared, was opened before it`,
    );
  });

  test('it was opened by dlmopen', async () => {
    expect(await reasonOf(unknown, `apart:${unknown}`)).toBe(
      'it was opened into a namespace of its own (dlmopen)',
    );
  });

  test('dlmopen was called before', async () => {
    expect(await reasonOf(plugIn, `apart:${unknown}`, plugIn)).toBe(
      'the program has opened a namespace of its own (dlmopen)',
    );
  });

  test('its range is taken', async () => {
    const table = present(readOpenedTable(`${bound}.image`, readPlan(`${bound}.image`)), 'table');
    const row = table.rows('modules').find(({ path: file }) => table.text(file) === plugIn);
    const address = present(row, 'row').address.toString(16);
    expect(await reasonOf(plugIn, `take:${address}`, plugIn)).toBe('its range is taken');
  });

  test('it could not be prepared', async () => {
    expect(await reasonOf(unprepared, unprepared)).toBe(
      'it has its range, but could not be prepared at bind, whose report says why',
    );
  });

  test('its file was replaced', async () => {
    expect(await reasonOf(replaced, replaced)).toBeUndefined();
    replace(replaced);
    expect(await reasonOf(replaced, replaced)).toBe('its file is another one than at bind');
  });

  test('what it needs was replaced, and so it was given back', async () => {
    expect(await reasonOf(root, root)).toBeUndefined();
    expect(await reasonOf(dependency, root)).toBeUndefined();
    replace(dependency);
    const report = await pagesOf(bound, root);
    expect(moduleOf(report, root).reason).toBe(
      'given back to ld.so: a module that was not prepared was opened together with it',
    );
    const own = report.mappings.flatMap(({ why }) => why.filter(({ module }) => module === root));
    expect(own.some(({ reason }) => reason.startsWith('linker'))).toBe(true);
  });

  test('no module was known at bind', async () => {
    const { opened } = await pagesOf(unlearned, plugIn);
    expect(opened.map(({ name, reason }) => [name, reason])).toEqual([
      [plugIn, 'no module that the program opens was known at bind'],
    ]);
  });
});

test('the table says it in lines of 80 columns', async () => {
  const { pid } = await startWaiting(bound, [unknown, plugIn]);
  const { stdout } = await linkonce(['pages', String(pid)]);
  const lines = stdout.split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines).toContain('  pages  modules that the program opened: 2, prepared: 0');
  expect(stdout).toMatch(/^ +\d+ {2}unknown\.so: it was not known at bind$/m);
});
